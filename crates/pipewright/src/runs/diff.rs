//! The difference of two runs.

use super::record::{RecordedMetric, RecordedResult, RunRecord};
use super::text::{mean, number};
use pipewright_learn::compare::corrected_interval;
use pipewright_learn::metric::{Better, Metric};
use pipewright_render::WIDTH;
use pipewright_render::lines::{Cell, Lines};
use std::fmt::{Display, Write};

/// What differs between two runs, and their scores side by side.
pub(super) fn diff([(one, old), (other, new)]: [(usize, &RunRecord); 2]) -> String {
    let mut text = format!("run {one} against run {other}\n\n");
    facts(&mut text, old, new);
    script(&mut text, &old.script, &new.script);
    let mut is_paired = false;
    for (place, result) in new.results.iter().enumerate() {
        let Some(before) = partner(&old.results, &new.results, place) else { continue };
        let _ = write!(text, "\n{} {}", result.kind, before.label());
        if before.label() != result.label() {
            let _ = write!(text, " → {}", result.label());
        }
        text.push('\n');
        let mut lines = Lines::default();
        for metric in &result.metrics {
            let Some(earlier) = before.metric(&metric.name) else { continue };
            let gain = paired(before, result, [earlier, metric]);
            is_paired |= gain.is_some();
            let cells = [Cell::Left(metric.name.clone()), Cell::Right(mean(earlier)), Cell::Left("→".to_owned())];
            let after = [Cell::Right(mean(metric)), Cell::Left(gain.unwrap_or_default())];
            lines.push(cells.into_iter().chain(after));
        }
        text.push_str(&lines.print(2, WIDTH));
    }
    if !is_paired {
        text.push_str("\nThe runs are not on the same folds of the same rows: compare their means with care.\n");
    }
    text
}

/// Seeds, versions and data that differ.
fn facts(text: &mut String, old: &RunRecord, new: &RunRecord) {
    let mut fact = |name: &str, before: &dyn Display, after: &dyn Display| {
        let (before, after) = (before.to_string(), after.to_string());
        if before != after {
            let _ = writeln!(text, "{name}: {before} → {after}");
        }
    };
    fact("seed", &old.seed, &new.seed);
    fact("pipewright", &old.pipewright, &new.pipewright);
    let data = |record: &RunRecord| {
        let files = record.data.iter().map(|file| format!("{} ({} bytes)", file.path, file.bytes));
        files.collect::<Vec<_>>().join(", ")
    };
    fact("data", &data(old), &data(new));
}

/// The stages of two scripts, line by line: `-` is only in the first, `+` only in the second.
fn script(text: &mut String, old: &str, new: &str) {
    let (old, new): (Vec<&str>, Vec<&str>) = (stages(old), stages(new));
    // The length of the longest common subsequence of what follows each pair of places.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, before) in old.iter().enumerate().rev() {
        for (j, after) in new.iter().enumerate().rev() {
            common[i][j] =
                if before == after { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        let (sign, line) = if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
            (' ', old[i - 1])
        } else if j == new.len() || i < old.len() && common[i + 1][j] >= common[i][j + 1] {
            i += 1;
            ('-', old[i - 1])
        } else {
            j += 1;
            ('+', new[j - 1])
        };
        let _ = writeln!(text, "{sign} {line}");
    }
}

/// The lines of an explicit script, without the bars at their start.
fn stages(script: &str) -> Vec<&str> {
    script.lines().map(|line| line.trim().trim_start_matches("| ")).filter(|line| !line.is_empty()).collect()
}

/// The result of the first run that this one of the second is compared with: that of the same arm, or else in the same place
/// among those of its kind.
fn partner<'a>(old: &'a [RecordedResult], new: &[RecordedResult], place: usize) -> Option<&'a RecordedResult> {
    let result = &new[place];
    let is_alike = |other: &&RecordedResult| other.kind == result.kind && other.target == result.target;
    let same_arm = |other: &&RecordedResult| is_alike(other) && result.arm.is_some() && other.arm == result.arm;
    let before = new[..place].iter().filter(is_alike).count();
    old.iter().find(same_arm).or_else(|| old.iter().filter(is_alike).nth(before))
}

/// The gain of the second, with its interval, if both are on the same folds.
fn paired(old: &RecordedResult, new: &RecordedResult, [before, after]: [&RecordedMetric; 2]) -> Option<String> {
    if old.split.is_empty() || old.split != new.split {
        return None;
    }
    let pairs: Option<Vec<f64>> =
        before.folds.iter().zip(&after.folds).map(|(before, after)| Some((*after)? - (*before)?)).collect();
    let gains = pairs?;
    let lower = Metric::find(&after.name).is_some_and(|metric| metric.better == Better::Lower);
    let Ok(gain) = corrected_interval(&gains, new.test_share, 0.95) else {
        return Some(if gains.iter().all(|gain| *gain == 0.0) {
            "the same in every fold".to_owned()
        } else {
            String::new()
        });
    };
    let verdict = match (gain.low > 0.0, gain.high < 0.0) {
        (false, false) => "indistinguishable",
        (up, _) if up != lower => "better",
        _ => "worse",
    };
    let reach = (gain.high - gain.low) / 2.0;
    Some(format!("{verdict}: {} ± {}", number(gain.estimate), number(reach)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_differ_by_lines() {
        let mut text = String::new();
        script(&mut text, "load a\n| scale\n| train ridge\n| eval", "load a\n| train ridge l2=3\n| eval\n| save m.pw");
        assert_eq!(text, "  load a\n- scale\n- train ridge\n+ train ridge l2=3\n  eval\n+ save m.pw\n");
    }

    #[test]
    fn gains_need_the_same_folds() {
        let metric = |folds: [f64; 3]| RecordedMetric {
            name: "rmse".to_owned(),
            mean: None,
            interval: None,
            folds: folds.map(Some).to_vec(),
        };
        let result = |split: &str| RecordedResult {
            kind: "eval".to_owned(),
            arm: None,
            model: "ridge".to_owned(),
            target: "y".to_owned(),
            scheme: String::new(),
            rows: 30,
            split: split.to_owned(),
            test_share: 0.5,
            metrics: Vec::new(),
            chosen: Vec::new(),
        };
        let (before, after) = (metric([3.0, 3.1, 2.9]), metric([2.0, 2.1, 1.91]));
        let told = paired(&result("a"), &result("a"), [&before, &after]).unwrap();
        assert!(told.starts_with("better: -0.99"), "{told}");
        assert!(paired(&result("a"), &result("a"), [&after, &before]).unwrap().starts_with("worse: 0.99"));
        assert_eq!(paired(&result("a"), &result("b"), [&before, &after]), None);
        assert_eq!(paired(&result("a"), &result("a"), [&before, &before]).unwrap(), "the same in every fold");
    }
}
