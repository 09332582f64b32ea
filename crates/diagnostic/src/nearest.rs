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
    let start = |name: &str| name.to_lowercase().chars().take(LENGTH_MAX).collect::<String>();
    let word = start(word);
    let mut scored: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let other = start(name);
            let distance = strsim::osa_distance(&word, &other);
            (distance * 3 <= word.chars().count().max(other.chars().count())).then_some((distance, name))
        })
        .collect();
    scored.sort_by_key(|&(distance, _)| distance);
    scored.dedup();
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Longer names are compared by their beginning only, so that a malicious header cannot make the comparison slow.
const LENGTH_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_step_and_case_is_none() {
        assert_eq!(nearest("sacle", ["scale", "sale"]), ["scale", "sale"]);
        assert_eq!(nearest("", ["abc"]), [""; 0]);
        assert_eq!(nearest("SURVIVED", ["Survived", "Age"]), ["Survived"]);
    }

    #[test]
    fn best_first_and_at_most_three() {
        assert_eq!(nearest("ab", ["abc", "ab", "b", "abd"]), ["ab", "abc", "abd"]);
    }
}
