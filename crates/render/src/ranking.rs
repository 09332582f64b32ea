//! A comparison as text (a leaderboard with verdicts) and as JSON.

use crate::evaluation::number;
use pipewright_learn::compare::Verdict;
use pipewright_operator::result::{Entry, Lead, Ranking};
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// The fields of the documented JSON.
pub(crate) fn json(ranking: &Ranking) -> Json {
    let lead = |lead: &Lead| {
        let posterior = lead.posterior.as_ref().map(|posterior| {
            json!({"worse": posterior.worse, "equivalent": posterior.equivalent, "better": posterior.better})
        });
        json!({
            "gain": lead.gain.estimate,
            "interval": [lead.gain.low, lead.gain.high],
            "p_value": lead.p_value,
            "posterior": posterior,
            "verdict": lead.verdict.to_string(),
        })
    };
    let entry = |entry: &Entry| {
        json!({
            "arm": entry.arm,
            "model": entry.model,
            "mean": entry.mean,
            "interval": entry.interval.map(|interval| [interval.low, interval.high]),
            "best_against_it": entry.lead.as_ref().map(lead),
        })
    };
    json!({
        "metric": ranking.metric,
        "rope": ranking.rope,
        "folds": ranking.folds,
        "ranking": ranking.entries.iter().map(entry).collect::<Vec<_>>(),
    })
}

/// A line per evaluation, the best one first.
pub(crate) fn text(ranking: &Ranking) -> String {
    let how = if ranking.folds == 1 { "on one holdout".to_owned() } else { format!("on {} folds", ranking.folds) };
    let mut text =
        format!("compared by {}, pairwise {how}, gains below {} do not matter\n\n", ranking.metric, rope(ranking));
    let width = |of: fn(&Entry) -> &str, least: usize| {
        ranking.entries.iter().map(|entry| of(entry).chars().count()).max().unwrap_or(0).max(least) + 2
    };
    let (arms, models) = (width(|entry| &entry.arm, 3), width(|entry| &entry.model, 5));
    let _ =
        writeln!(text, "{:<arms$}{:<models$}{:>10}{:>22}  the best against it", "arm", "model", "mean", "95% interval");
    for entry in &ranking.entries {
        let interval = entry.interval.map_or_else(
            || "·".to_owned(),
            |interval| format!("{} to {}", number(Some(interval.low)), number(Some(interval.high))),
        );
        let verdict = entry.lead.as_ref().map_or_else(|| "best".to_owned(), said);
        let mean = number(Some(entry.mean));
        let _ = writeln!(text, "{:<arms$}{:<models$}{mean:>10}{interval:>22}  {verdict}", entry.arm, entry.model);
    }
    text
}

fn rope(ranking: &Ranking) -> String {
    format!("{:.4}", ranking.rope).trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The verdict in words.
fn said(lead: &Lead) -> String {
    let gain = &lead.gain;
    let reach = (gain.high - gain.low) / 2.0;
    match lead.verdict {
        Verdict::Better | Verdict::Worse => {
            format!("{} by {:.4} ± {reach:.4}", lead.verdict, gain.estimate.abs())
        }
        Verdict::Equivalent => "equivalent".to_owned(),
        Verdict::Undecided => format!("indistinguishable ({:+.4} ± {reach:.4})", gain.estimate),
    }
}
