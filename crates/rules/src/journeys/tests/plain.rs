//! Every construct in plain words.

use super::super::{Language, plain_words};
use super::{built_in, read};
use expect_test::{expect, expect_file};

#[test]
fn the_library_in_both_languages() {
    let said = |language| {
        let rules = built_in();
        let said: Vec<String> = rules
            .rules()
            .iter()
            .map(|rule| plain_words(rule, language))
            .collect();
        said.join("\n")
    };
    expect_file!["library.en.txt"].assert_eq(&said(Language::English));
    expect_file!["library.fr.txt"].assert_eq(&said(Language::French));
}

/// Every construct that the library does not use.
const OTHERS: &str = r#"
[[rule]]
name = "others"
version = 3
decide = "settled"
steps = [
  { name = "a", source = { not = "crm" }, medium = "sms", tier = ["gold", "silver"], party = "shop", automatic = false, reason = { not = "billing" }, duration = "<= 2min", score = "< 3", attributes.offer = "x", open = false },
  { name = "b", any = [{ kind = "page_view", page = "prices" }, { signal = "ordered", amount = "= 12.5", purpose = { not = "gift" } }, { channel = { not = "web" }, kind = { not = "qualified" } }], within = "j+0", of = "a" },
  { name = "d", not = true, step = "form", completed = true, within = "j+1", of = "b", until = "c" },
  { name = "c", optional = true, follower = false, within = "1bd", from = "start", same = ["thread", "party"], of = ["a", "b"] },
  { name = "e", count = ">= 2", kind = "message", channel = "chat", automatic = true, of = ["b", "d"] },
]
segment_by = ["attributes.offer"]
"#;

#[test]
fn the_other_constructs() {
    let (rules, findings) = read(OTHERS);
    let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
    expect![[r#"rules.toml:11: warning: rule "others".steps[5]: has no `within`: entries stay open as long as contacts are kept"#]].assert_eq(&findings.join("\n"));
    expect![[r#"
        others (version 3): others
          1. (a) It begins with a contact, whose source is not “crm”, whose medium is “sms”, whose reason is not “billing” or below, whose tier is “gold” or “silver”, whose party is “shop”, whose attribute “offer” is “x”, with a length of at most 2min, with a score of less than 3, not made by a machine, in a contact that has ended.
          2. (b) Then, on the day of the end of “a”, comes one of these: the event “page_view” in a contact, whose page is “prices”; or the signal “ordered”, whose purpose is not “gift”, with an amount of exactly 12.5; or a step of a visit, not on web, whose kind is not “qualified”.
          3. (d) And there is not, no later than 1 calendar day after the day of the end of “b”, before “c”, the step “form”, begun and completed in its visit.
          4. (c) Perhaps, no later than 1 working day after the day of the start of “a” and of “b”, comes a contact, which does not count as coming back, with the same thread as “a” and “b”, with the same party as “a” and “b”.
          5. (e) Then comes the event “message” in a contact, on chat, made by a machine, at least 2 times in one contact.
          It is told when the time is up and nothing can come late any more.
          It is watched by attributes.offer.
    "#]].assert_eq(&plain_words(&rules.rules()[0], Language::English));
    expect![[r#"
        others (version 3) : others
          1. (a) Cela commence par un contact, dont la source n'est pas « crm », dont le support est « sms », dont le motif n'est pas « billing » ou en dessous, dont le segment client est « gold » ou « silver », dont l'entité est « shop », dont l'attribut « offer » est « x », avec une durée d'au plus 2min, avec une note de moins de 3, pas fait par une machine, dans un contact terminé.
          2. (b) Puis, le jour qui porte la fin de « a », vient l'un de ceux-ci : l'événement « page_view » dans un contact, dont la page est « prices »; ou le signal « ordered », dont l'objet n'est pas « gift », avec un montant d'exactement 12.5; ou une étape d'une visite, pas par le web, dont le type n'est pas « qualified ».
          3. (d) Et il n'y a pas, au plus tard 1 jour calendaire après le jour qui porte la fin de « b », avant « c » : l'étape web « form », commencée et terminée dans sa visite.
          4. (c) Peut-être, au plus tard 1 jour ouvré après le jour qui porte le début de « a » et de « b », vient un contact, qui ne compte pas comme un retour, avec le même fil de courriels que « a » et « b », avec la même entité que « a » et « b ».
          5. (e) Puis vient l'événement « message » dans un contact, par chat, fait par une machine, au moins 2 fois dans un même contact.
          On le signale quand le délai est passé et que plus rien ne peut arriver en retard.
          On le surveille par attributes.offer.
    "#]].assert_eq(&plain_words(&rules.rules()[0], Language::French));
}
