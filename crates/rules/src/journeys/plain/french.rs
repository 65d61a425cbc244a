//! Rules in French.

use super::super::keys::{Compared, Keys, NumberKey, Operator, TextKey, TruthKey};
use super::super::rule::{Decide, From, Rule, Segment, Step};
use super::Words;
use super::phrase::hours_text;
use super::phrase::{self, Vocabulary};
use calendar::Span;

pub(super) struct French;

impl Words for French {
    fn entry(&self) -> &'static str {
        "Cela commence par"
    }

    fn then(&self, bound: &str) -> String {
        match bound {
            "" => "Puis vient".to_string(),
            bound => format!("Puis, {bound}, vient"),
        }
    }

    fn perhaps(&self, bound: &str) -> String {
        match bound {
            "" => "Peut-être vient".to_string(),
            bound => format!("Peut-être, {bound}, vient"),
        }
    }

    fn not(&self, bound: &str) -> String {
        format!("Et il n'y a pas, {bound} :")
    }

    fn bound(&self, span: Span, from: From, anchors: &[&Step]) -> String {
        let names = phrase::names(anchors, "et de", self);
        let instant = match from {
            From::Start => format!("le début de {names}"),
            From::End => format!("la fin de {names}"),
            From::DueAt => format!("l'heure convenue dans {names}"),
        };
        let day = |days: u32, one: &str, many: &str| {
            let kind = if days == 1 { one } else { many };
            format!("au plus tard {days} {kind} après le jour qui porte {instant}")
        };
        match span {
            Span::Rolling(0) => format!("jusqu'à {instant}").replace("à le ", "au "),
            Span::Rolling(rolling_ms) => {
                format!("dans les {} après {instant}", hours_text(rolling_ms))
            }
            Span::CalendarDays(0) => format!("le jour qui porte {instant}"),
            Span::CalendarDays(days) => day(days, "jour calendaire", "jours calendaires"),
            Span::BusinessDays(days) => day(days, "jour ouvré", "jours ouvrés"),
        }
    }

    fn until(&self, step: &str) -> String {
        format!("avant {}", self.quoted(step))
    }

    fn pattern(&self, step: &Step) -> String {
        phrase::pattern(step, self)
    }

    fn compared(&self, step: &Step, anchors: &[&Step]) -> String {
        let names = phrase::names(anchors, "et", self);
        let mut text = String::new();
        for what in &step.same {
            if *what == Compared::Contact {
                text.push_str(&format!(", dans le contact même de {names}"));
                continue;
            }
            let (article, noun) = compared(*what);
            let same = if article == "la" {
                "la même"
            } else {
                "le même"
            };
            text.push_str(&format!(", avec {same} {noun} que {names}"));
        }
        for what in &step.differs {
            let (article, noun) = compared(*what);
            let other = if article == "la" {
                "une autre"
            } else {
                "un autre"
            };
            text.push_str(&format!(", avec {other} {noun} que {names}"));
        }
        text
    }

    fn decide(&self, decide: Decide, has_absence: bool) -> &'static str {
        match (decide, has_absence) {
            (_, false) => "On le signale dès que la dernière étape est là.",
            (Decide::Early, true) => {
                "On le signale dès que le délai est passé, et on le retire si ce qui manquait \
                 arrive en retard."
            }
            (Decide::Settled, true) => {
                "On le signale quand le délai est passé et que plus rien ne peut arriver en retard."
            }
        }
    }

    fn segments(&self, segments: &[Segment]) -> String {
        let names: Vec<String> = segments.iter().map(Segment::name).collect();
        format!("On le surveille par {}.", names.join(", "))
    }

    fn heading(&self, rule: &Rule) -> String {
        let title = phrase::title(&rule.title.fr, &rule.name);
        format!("{} (version {}) : {title}", rule.name, rule.version)
    }
}

/// The gender's article and the noun of what is compared.
fn compared(what: Compared) -> (&'static str, &'static str) {
    match what {
        Compared::Contact => ("le", "contact"),
        Compared::Thread => ("le", "fil de courriels"),
        Compared::Reason => ("le", "motif"),
        Compared::Channel => ("le", "canal"),
        Compared::Source => ("la", "source"),
        Compared::Medium => ("le", "support"),
        Compared::Direction => ("le", "sens"),
        Compared::Party => ("la", "entité"),
        Compared::Page => ("la", "page"),
        Compared::Step => ("la", "étape web"),
        Compared::Purpose => ("le", "objet"),
    }
}

impl Vocabulary for French {
    fn or(&self) -> &'static str {
        "ou"
    }

    fn noun(&self, keys: &Keys) -> String {
        if let Some(names) = phrase::asked(keys, TextKey::Signal, self) {
            return format!("le signal {names}");
        }
        let step = phrase::asked(keys, TextKey::Step, self);
        let kind = phrase::asked(keys, TextKey::Kind, self);
        match (step, kind) {
            (Some(step), Some(kind)) => format!("l'étape web {step} en tant qu'événement {kind}"),
            (Some(step), None) => format!("l'étape web {step}"),
            (None, Some(kind)) => format!("l'événement {kind} dans un contact"),
            (None, None) if keys.looks_inside() => "une étape d'une visite".to_string(),
            (None, None) => match keys.text(TextKey::Signal) {
                Some(_) => "un signal".to_string(),
                None => "un contact".to_string(),
            },
        }
    }

    fn text(&self, key: TextKey, not: bool, values: &str) -> String {
        let is = if not { "n'est pas" } else { "est" };
        match key {
            TextKey::Channel if not => format!("pas par {values}"),
            TextKey::Channel => format!("par {values}"),
            TextKey::Source => format!("dont la source {is} {values}"),
            TextKey::Medium => format!("dont le support {is} {values}"),
            TextKey::Kind => format!("dont le type {is} {values}"),
            TextKey::Direction => format!("dont le sens {is} {values}"),
            TextKey::Initiation => format!("dont l'initiative {is} {values}"),
            TextKey::Outcome => format!("dont l'issue {is} {values}"),
            TextKey::Disposition => format!("où ce qu'a fait le conseiller {is} {values}"),
            TextKey::Reason => format!("dont le motif {is} {values} ou en dessous"),
            TextKey::Tier => format!("dont le segment client {is} {values}"),
            TextKey::Party => format!("dont l'entité {is} {values}"),
            TextKey::Step => format!("dont l'étape {is} {values}"),
            TextKey::StepStatus if not => format!("pas {values}"),
            TextKey::StepStatus => values.to_string(),
            TextKey::Page => format!("dont la page {is} {values}"),
            TextKey::Signal => format!("dont le nom {is} {values}"),
            TextKey::Purpose => format!("dont l'objet {is} {values}"),
        }
    }

    fn attribute(&self, name: &str, not: bool, values: &str) -> String {
        let is = if not { "n'est pas" } else { "est" };
        format!("dont l'attribut {} {is} {values}", self.quoted(name))
    }

    fn number(&self, key: NumberKey, operator: Operator, value: &str) -> String {
        let subject = match key {
            NumberKey::Wait => "avec une attente",
            NumberKey::Duration => "avec une durée",
            NumberKey::Legs => "avec un nombre d'interlocuteurs",
            NumberKey::Score => "avec une note",
            NumberKey::Amount => "avec un montant",
        };
        let compared = match operator {
            Operator::Above => "de plus de",
            Operator::AtLeast => "d'au moins",
            Operator::Below => "de moins de",
            Operator::AtMost => "d'au plus",
            Operator::Equal => "d'exactement",
        };
        format!("{subject} {compared} {value}")
    }

    fn truth(&self, key: TruthKey, wanted: bool) -> String {
        match (key, wanted) {
            (TruthKey::Automatic, true) => "fait par une machine",
            (TruthKey::Automatic, false) => "pas fait par une machine",
            (TruthKey::Follower, true) => "qui compte comme un retour",
            (TruthKey::Follower, false) => "qui ne compte pas comme un retour",
            (TruthKey::Open, true) => "sans attendre la fin du contact",
            (TruthKey::Open, false) => "dans un contact terminé",
            (TruthKey::Completed, true) => "commencée et terminée dans sa visite",
            (TruthKey::Completed, false) => "commencée et pas terminée dans sa visite",
        }
        .to_string()
    }

    fn count(&self, least: u32) -> String {
        match least {
            1 => "au moins une fois dans un même contact".to_string(),
            least => format!("au moins {least} fois dans un même contact"),
        }
    }

    fn word(&self, key: TextKey, value: &str) -> String {
        let known = match (key, value) {
            (TextKey::Channel, "phone") => "téléphone",
            (TextKey::Channel, "chat") => "chat",
            (TextKey::Channel, "email") => "courriel",
            (TextKey::Channel, "video") => "vidéo",
            (TextKey::Channel, "web") => "le web",
            (TextKey::Channel, "assisted") => "un canal avec conseiller",
            (TextKey::Channel, "all") => "tout canal",
            (TextKey::Direction, "inbound") => "entrant",
            (TextKey::Direction, "outbound") => "sortant",
            (TextKey::Initiation, "customer") => "le client",
            (TextKey::Initiation, "brand") => "la marque",
            (TextKey::Initiation, "scheduled") => "un rendez-vous",
            (TextKey::Initiation, "transfer") => "un transfert",
            (TextKey::Outcome, "handled") => "traité",
            (TextKey::Outcome, "abandoned") => "abandonné",
            (TextKey::Outcome, "short") => "trop court",
            (TextKey::Outcome, "contained") => "traité par un automate",
            (TextKey::Outcome, "unanswered") => "sans réponse",
            (TextKey::Outcome, "failed") => "interrompu",
            (TextKey::StepStatus, "started") => "commencée",
            (TextKey::StepStatus, "failed") => "en échec",
            (TextKey::StepStatus, "completed") => "terminée",
            _ => return self.quoted(value),
        };
        known.to_string()
    }

    fn one_of(&self) -> &'static str {
        "l'un de ceux-ci :"
    }

    fn bound_of(&self, name: &str) -> String {
        format!("le terme de {name}")
    }

    fn quoted(&self, name: &str) -> String {
        format!("« {name} »")
    }
}
