//! Random scripts over tables of noise: they are refused, or say so, or score as noise does.

use crate::generator;
use crate::judge::{Score, Verdict, verdict};
use crate::script::Script;
use crate::tables::{self, Files};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;

const SEED: u64 = 20_260;
const SCRIPTS: u64 = 300;
/// The first table, and four more for a second look at what seems too good.
const TABLES: u64 = 5;
/// As many are made smaller for the message.
const SHRUNK: usize = 15;

/// How many scripts to try: `PIPEWRIGHT_TRUST_SCRIPTS` raises it, `PIPEWRIGHT_TRUST_SEED` tries others.
#[allow(clippy::disallowed_methods)]
fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[derive(Default)]
struct Counts {
    refused: BTreeMap<String, usize>,
    said: usize,
    noise: usize,
    peeking: usize,
    peeking_refused: usize,
    broken: Vec<String>,
    fooled: Vec<(u64, Script, Score)>,
    /// Refused because of the target, which they do not use.
    wronged: Vec<(u64, Script)>,
}

/// The code of a stage that uses the target.
const LEAK: &str = "E0302";

impl Counts {
    fn add(&mut self, number: u64, script: Script, verdict: Verdict) {
        let peeks = usize::from(script.peeks > 0);
        self.peeking += peeks;
        match verdict {
            Verdict::Refused(code) => {
                if peeks == 0 && code == LEAK {
                    self.wronged.push((number, script));
                }
                self.peeking_refused += peeks;
                *self.refused.entry(code).or_default() += 1;
            }
            Verdict::Said => self.said += 1,
            Verdict::Noise => self.noise += 1,
            Verdict::Broken(why) => self.broken.push(format!("script {number}: {why}\n{script}")),
            Verdict::Fools(score) => self.fooled.push((number, script, score)),
        }
    }

    fn summary(&self) -> String {
        let refused: Vec<String> = self.refused.iter().map(|(code, count)| format!("{code} {count}")).collect();
        format!(
            "{} scored as noise, {} above it, {} were refused wrongly, {} said so, refused: {}; {} looked at the target, of which {} were refused",
            self.noise,
            self.fooled.len(),
            self.wronged.len(),
            self.said,
            refused.join(", "),
            self.peeking,
            self.peeking_refused
        )
    }
}

/// The scripts that fooled, the highest first, as small as they get.
fn report(fooled: &mut [(u64, Script, Score)], tables: &[Files]) -> String {
    fooled.sort_by(|a, b| b.2.z.total_cmp(&a.2.z));
    let shown = &fooled[..fooled.len().min(SHRUNK)];
    let texts = shown.par_iter().map(|(number, script, score)| {
        let small = script.shrunk(|text| matches!(verdict(text, &tables[..2]), Verdict::Fools(_)));
        let score = match verdict(&small.to_string(), tables) {
            Verdict::Fools(score) => score,
            _ => *score,
        };
        format!("script {number}: {} {:.3} ({:.1} sd)\n{small}\n", score.name(), score.value, score.z)
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// The scripts that are refused because of the target, but use it for nothing, as small as they get: one of each shape.
fn report_wronged(wronged: &[(u64, Script)], tables: &[Files]) -> String {
    let still = |text: &str| matches!(verdict(text, tables), Verdict::Refused(code) if code == LEAK);
    let small: Vec<_> = wronged.par_iter().map(|(number, script)| (number, script.shrunk(still))).collect();
    let mut shapes: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (number, script) in &small {
        shapes.entry(script.shape()).or_default().push((number, script));
    }
    let texts = shapes.values().map(|alike| {
        let (number, script) = alike[0];
        format!("script {number} and {} alike: {LEAK}, but nothing uses the target\n{script}\n", alike.len() - 1)
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn random_pipelines_are_refused_or_score_within_noise() {
    let seed = from_environment("PIPEWRIGHT_TRUST_SEED", SEED);
    let count = from_environment("PIPEWRIGHT_TRUST_SCRIPTS", SCRIPTS);
    let tables: Vec<Files> = (0..TABLES).into_par_iter().map(|table| tables::noise(seed + table)).collect();
    let judged = (0..count).into_par_iter().map(|number| {
        let script = generator::script(seed, number);
        let verdict = verdict(&script.to_string(), &tables);
        (number, script, verdict)
    });
    let mut counts = Counts::default();
    for (number, script, verdict) in judged.collect::<Vec<_>>() {
        counts.add(number, script, verdict);
    }
    let mut failure = String::new();
    for broken in &counts.broken {
        writeln!(failure, "{broken}\n").unwrap();
    }
    failure += &report(&mut counts.fooled, &tables);
    failure += "\n";
    failure += &report_wronged(&counts.wronged, &tables);
    println!("{}", counts.summary());
    assert!(failure.trim().is_empty(), "seed {seed}, {count} scripts: {}\n\n{failure}", counts.summary());
    let ran = count as usize - counts.refused.values().sum::<usize>();
    assert!(3 * ran >= count as usize, "too few scripts ran: {}", counts.summary());
    assert!(10 * counts.peeking >= count as usize, "too few scripts could leak: {}", counts.summary());
    assert!(20 * counts.peeking_refused >= count as usize, "too few leaks were refused: {}", counts.summary());
}
