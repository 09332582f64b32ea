//! TextVectorizer, against scikit-learn and by hand.

use super::*;
use crate::fit;
use crate::oracle::{cases, column_of, text_column};
use pipewright_io::{ReadOptions, csv};

#[test]
fn words_agree_with_scikit_learn() {
    let all = cases(include_str!("../../../../tests/oracles/words.json"));
    assert_eq!(all.len(), 8);
    for case in all {
        let method = if case["method"] == "bow" { VectorizerMethod::Count } else { VectorizerMethod::Tfidf };
        let number = |name: &str| case[name].as_u64().map(|number| number as u32);
        let words = TextVectorizer::new(method, number("size").unwrap_or(1000)).with_runs(number("longest").unwrap());
        let table = |texts: &serde_json::Value| {
            let (column, array) = text_column("notes", texts);
            Table::new(vec![column], vec![array]).unwrap()
        };
        let made = fit(&words, &table(&case["texts"])).unwrap().apply(&table(&case["new"])).unwrap();
        let expected = case["words"].as_array().unwrap();
        let names: Vec<String> = expected.iter().map(|word| format!("notes ({})", word.as_str().unwrap())).collect();
        assert_eq!(made.columns().iter().map(|column| column.name.to_string()).collect::<Vec<_>>(), names);
        for (place, name) in names.into_iter().enumerate() {
            let found = made.numbers(&[name.as_str().into()]).unwrap();
            for (found, expected) in found.iter().zip(column_of(&case["codes"], place)) {
                assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{name}: {found} {expected}");
            }
        }
    }
}

#[test]
fn words_are_runs_of_two_or_more() {
    let found = |text: &str, longest: u32| {
        let mut words = Vec::new();
        for_each_word(text, longest, |word| words.push(word.to_owned()));
        words
    };
    assert_eq!(found("I saw a_b, 42! É.. ßx", 1), ["saw", "a_b", "42", "ßx"]);
    assert_eq!(found("one two a three", 3), ["one", "two", "three", "one two", "two three", "one two three"]);
    assert!(found("", 2).is_empty() && found(" . ", 1).is_empty());
}

#[test]
fn hashes_have_a_length_and_a_sign_and_learn_nothing() {
    let (rows, _) = csv::read(b"t,u\nred red blue,1\n,2\nblue,3\n", &ReadOptions::new("t.csv")).unwrap();
    let words = TextVectorizer::new(VectorizerMethod::Hash, 64);
    let state = fit(&words, &rows).unwrap();
    assert_eq!(fit(&words, &rows.slice(0, 0)).unwrap(), state);
    let made = state.apply(&rows).unwrap();
    assert_eq!(made.columns().len(), 65);
    let of_row = |row: usize| -> Vec<f64> {
        let names: Vec<Arc<str>> = (0..64).map(|bucket| format!("t (hash {bucket})").into()).collect();
        names.iter().map(|name| made.numbers(std::slice::from_ref(name)).unwrap()[row]).collect()
    };
    let length = |numbers: &[f64]| numbers.iter().map(|number| number * number).sum::<f64>().sqrt();
    assert!((length(&of_row(0)) - 1.0).abs() < 1e-15 && length(&of_row(1)) == 0.0);
    // Saved states must be stable across platforms and versions: these are the values of this hash.
    assert_eq!((hash(""), hash("a"), hash("blue")), (HASHES[0], HASHES[1], HASHES[2]));
    let bucket = (hash("blue") % 64) as usize;
    assert_eq!(of_row(2)[bucket].abs(), 1.0);
}

/// Of no text, `a` and `blue`: FNV-1a with the finish of MurmurHash3, computed by other means (Python's whole numbers).
const HASHES: [u64; 3] = [0xefd01f60ba992926, 0x82a2a958a9bece5b, 0x97dad3af10ad029a];

#[test]
fn hostile_states_are_refused() {
    let state = |column: &str, method: &str| {
        let text = format!(r#"{{"method":"{method}","longest":1,"columns":[{column}]}}"#);
        serde_json::from_str::<TextVectorizerState>(&text).unwrap().validate()
    };
    let column = |words: &str, weights: &str, size: u32| {
        format!(r#"{{"name":"t","kind":"text","words":{words},"weights":{weights},"size":{size}}}"#)
    };
    assert!(state(&column(r#"["a","b"]"#, "[1.0,1.0]", 2), "tfidf").is_ok());
    assert!(state(&column(r#"["a","b"]"#, "[1.0]", 2), "tfidf").is_err());
    assert!(state(&column(r#"["a","a"]"#, "[]", 2), "count").is_err());
    assert!(state(&column("[]", "[]", 4_000_000_000), "hash").is_err());
    assert!(state(&column("[]", "[]", 0), "hash").is_err());
}
