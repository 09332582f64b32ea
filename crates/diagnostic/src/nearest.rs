//! "Did you mean": the known names nearest to a mistyped one.

/// Returns the names of `known` nearest to `word`, best first, at most three; none if nothing is near.
///
/// Distance is Damerau-Levenshtein (optimal string alignment) on lower-cased characters; near means at most a third
/// of the longer name's length. Equal distances keep the order of `known`.
///
/// ```
/// use pipewright_diagnostic::nearest;
/// assert_eq!(nearest("filna", ["fillna", "scale"]), ["fillna"]);
/// assert!(nearest("zzz", ["fillna", "scale"]).is_empty());
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().take(LENGTH_MAX).collect();
    let mut scored: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let other: Vec<char> = name.to_lowercase().chars().take(LENGTH_MAX).collect();
            let distance = distance(&word, &other);
            (distance * 3 <= word.len().max(other.len())).then_some((distance, name))
        })
        .collect();
    scored.sort_by_key(|&(distance, _)| distance);
    scored.dedup();
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Longer names are compared by their beginning only, so that a malicious header cannot make the comparison slow.
const LENGTH_MAX: usize = 64;

fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut rows = vec![0usize; (a.len() + 1) * width];
    for (j, cell) in rows[..width].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        rows[i * width] = i;
        for j in 1..=b.len() {
            let substitution = rows[(i - 1) * width + j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substitution.min(rows[(i - 1) * width + j] + 1).min(rows[i * width + j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[(i - 2) * width + j - 2] + 1);
            }
            rows[i * width + j] = best;
        }
    }
    rows[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_step_and_case_is_none() {
        let letters = |word: &str| word.chars().collect::<Vec<_>>();
        assert_eq!(distance(&letters("sacle"), &letters("scale")), 1);
        assert_eq!(distance(&letters(""), &letters("abc")), 3);
        assert_eq!(nearest("SURVIVED", ["Survived", "Age"]), ["Survived"]);
    }

    #[test]
    fn best_first_and_at_most_three() {
        assert_eq!(nearest("ab", ["abc", "ab", "b", "abd"]), ["ab", "abc", "abd"]);
    }
}
