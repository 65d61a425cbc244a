//! The name that was probably meant.

/// `; did you mean ...?` with the nearest of the names, or nothing if none is near.
#[must_use]
pub fn did_you_mean<'a>(found: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(found, names) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => String::new(),
    }
}

/// The name that differs least, if it differs in no more than a third of its letters.
#[must_use]
pub fn nearest<'a>(found: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = found.to_lowercase();
    let far = 1 + wanted.chars().count() / 3;
    let distances = names
        .into_iter()
        .map(|name| (distance(&wanted, &name.to_lowercase()), name));
    let near = distances.filter(|(distance, _)| *distance <= far).min()?;
    Some(near.1)
}

/// Letters to insert, remove, replace, or swap with their neighbour (Damerau and Levenshtein, each
/// letter touched once).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let replaced = last[j] + usize::from(a[i] != b[j]);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                let swapped: usize = before[j - 1];
                best = best.min(swapped + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, distance};

    #[test]
    fn counts_letters() {
        assert_eq!(distance("", "ab"), 2);
        assert_eq!(distance("headlien", "headline"), 1);
        assert_eq!(distance("rank", "rank"), 0);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn says_nothing_rather_than_nonsense() {
        assert_eq!(
            did_you_mean("tennant", ["tenant", "rules"]),
            "; did you mean `tenant`?"
        );
        assert_eq!(did_you_mean("zzz", ["tenant", "rules"]), "");
    }
}
