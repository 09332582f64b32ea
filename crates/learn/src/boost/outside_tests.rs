//! Models of rows outside of memory are those of the same rows in memory, bit for bit.

use super::tests::{classes, exact, mixed, uniform};
use super::*;
use crate::data::{Categories, Column, Features, Target};
use crate::threads::on_any_threads;
use pipewright_world::{Content, Fill, MemoryWorld, World};
use std::sync::Arc;

/// A data set that is read in chunks, each of which numbers its levels anew.
struct Chunked {
    rows: Dataset,
    /// The rows of a chunk.
    size: usize,
}

impl Passes for Chunked {
    fn names(&self) -> &[String] {
        self.rows.features.names()
    }

    fn each(&self, take: &mut dyn FnMut(Dataset) -> Result<(), Failure>) -> Result<(), Failure> {
        let rows: Vec<u32> = (0..self.rows.rows() as u32).collect();
        rows.chunks(self.size).try_for_each(|rows| take(renumbered(self.rows.take(rows))))
    }

    fn scratch(&self, fill: Fill<'_>) -> Result<Arc<dyn Content>, Failure> {
        Ok(MemoryWorld::new().scratch(fill).expect("memory can be written"))
    }
}

/// Only the levels that occur, numbered in their order.
fn renumbered(chunk: Dataset) -> Dataset {
    let column = |index: usize| match chunk.features.stored(index) {
        Column::Categories(all) => {
            let known = all.codes().iter().filter(|code| **code != Categories::MISSING);
            let mut used: Vec<u32> = known.copied().collect();
            used.sort_unstable();
            used.dedup();
            let code = |code: &u32| used.binary_search(code).map_or(Categories::MISSING, |place| place as u32);
            let codes: Vec<u32> = all.codes().iter().map(code).collect();
            let levels: Vec<String> = used.iter().map(|&code| all.levels()[code as usize].clone()).collect();
            Column::Categories(Categories::new(codes.into(), levels.into()))
        }
        column => column.clone(),
    };
    let columns = (0..chunk.features.columns()).map(column).collect();
    let features = Features::from_columns(chunk.rows(), chunk.features.names().clone(), columns);
    let renumbered = Dataset::new(features, chunk.labels.clone());
    match chunk.groups() {
        Some(groups) => renumbered.with_groups(groups.to_vec()),
        None => renumbered,
    }
}

fn assert_same(gbdt: &Gbdt, rows: &Dataset, size: usize) {
    let fit = Fit::new().seed(3);
    let outside = gbdt.fit_in_passes(&Chunked { rows: rows.clone(), size }, &fit).unwrap();
    let inside = gbdt.fit_with(rows, &fit).unwrap();
    assert!(outside.rounds() > 0 && outside == inside, "{gbdt:?}");
}

#[test]
fn every_setting_gives_the_model_of_rows_in_memory() {
    let rows = mixed(2500);
    let base = Gbdt::with_trees(4);
    let early = Gbdt { trees: 40, early_stop: Some(3), members: Some(2), rate: 0.3, ..base.clone() };
    let settings = [
        exact(3),
        Gbdt { bins: 7, rows: 0.3, columns: 0.7, split_columns: 0.5, ..base.clone() },
        Gbdt { by_depth: true, depth: Some(4), ..base.clone() },
        Gbdt { leaves: Some(2), ..base.clone() },
        Gbdt { min_rows: 2000, ..base.clone() },
        Gbdt { monotone: vec![("a".to_owned(), Direction::Decreasing)], l1: 0.5, ..base.clone() },
        Gbdt { interactions: vec![vec!["a".to_owned()], vec!["gaps".to_owned(), "level".to_owned()]], ..base.clone() },
        Gbdt { loss: Objective::Poisson, ..base.clone() },
        Gbdt { loss: Objective::Huber { delta: 0.5 }, ..base.clone() },
        early.clone(),
    ];
    settings.iter().for_each(|gbdt| assert_same(gbdt, &rows, 700));
    let weights = uniform(8, 2500).iter().map(|weight| weight + 0.1).collect();
    let weighted = rows.clone().with_weights(weights).unwrap();
    assert_same(&early, &weighted, 300);
    let grouped = weighted.with_groups((0..2500).map(|row| row % 13).collect());
    assert_same(&early, &grouped, 300);
    for count in [2, 4] {
        assert_same(&early, &classes(&rows, count), 999);
        assert_same(&Gbdt { balanced: true, ..early.clone() }, &classes(&grouped, count), 999);
    }
}

#[test]
fn many_rows_are_read_part_by_part() {
    let rows = mixed(140_000);
    let gbdt = Gbdt { trees: 6, early_stop: Some(2), rate: 0.5, ..Gbdt::default() };
    assert_same(&gbdt, &rows, 30_011);
    let passes = Chunked { rows, size: 50_000 };
    let gbdt = Gbdt { trees: 2, leaves: Some(9), ..gbdt };
    on_any_threads(|| gbdt.fit_in_passes(&passes, &Fit::new()).unwrap());
}

#[test]
fn what_cannot_be_learned_outside_of_memory_is_refused() {
    use pipewright_diagnostic::{Bounds, Memory};
    let passes = Chunked { rows: mixed(500), size: 100 };
    let absolute = Gbdt { loss: Objective::Absolute, ..Gbdt::with_trees(2) };
    assert_eq!(absolute.fit_in_passes(&passes, &Fit::new()).unwrap_err().code, code::LIMIT_REACHED);
    let bounds = Bounds { memory: Memory::Limit(20_000), ..Bounds::default() };
    let refused = bounds.around(|| Gbdt::with_trees(2).fit_in_passes(&passes, &Fit::new())).unwrap_err();
    assert_eq!(refused.code, code::LIMIT_REACHED);
    assert!(refused.message.contains("500 rows of 3 columns"), "{}", refused.message);
    let none = Chunked { rows: mixed(5).take(&[]), size: 100 };
    assert_eq!(Gbdt::with_trees(2).fit_in_passes(&none, &Fit::new()).unwrap_err().code, code::TOO_FEW_ROWS);
    let negative = Target::Numbers((0..500).map(|row| if row == 321 { -1.0 } else { 1.0 }).collect());
    let passes = Chunked { rows: Dataset::new(mixed(500).features, negative), size: 100 };
    let poisson = Gbdt { loss: Objective::Poisson, ..Gbdt::with_trees(2) };
    let refused = poisson.fit_in_passes(&passes, &Fit::new()).unwrap_err();
    assert_eq!((refused.code, refused.place.row), (code::VALUE_OUT_OF_RANGE, Some(322)));
}

#[test]
fn a_group_is_held_out_as_a_whole() {
    // The target is a number of the group that no row of another group tells.
    let groups: Vec<u32> = (0..600).map(|row| row / 20).collect();
    let levels: Vec<f64> = uniform(5, 30);
    let y: Vec<f64> = groups.iter().map(|&group| levels[group as usize]).collect();
    let inputs = Features::new(600, vec!["x".to_owned()].into(), groups.iter().copied().map(f64::from).collect());
    let rows = Dataset::new(inputs, Target::Numbers(y));
    let gbdt = Gbdt { trees: 200, early_stop: Some(5), rate: 0.3, min_rows: 1, ..Gbdt::default() };
    let (together, apart) = (gbdt.fit(&rows.clone().with_groups(groups)).unwrap(), gbdt.fit(&rows).unwrap());
    // By heart is right only if rows of the same group are held out.
    assert!(together.rounds() * 4 < apart.rounds(), "{} {}", together.rounds(), apart.rounds());
}
