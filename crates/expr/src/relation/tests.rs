//! Groups against a model of maps, joins against nested loops, orders and shapes against their definitions.

mod groups;
mod joins;
mod oracles;
mod shapes;

use pipewright_table::testing::random_table;
use pipewright_table::text::text_of;
use pipewright_table::{Table, testing};
use pipewright_world::random::Key;

/// A row as texts.
type Cells = Vec<Option<String>>;

fn table(text: &str) -> Table {
    testing::table(text)
}

fn cells(table: &Table) -> Vec<Cells> {
    (0..table.rows()).map(|row| table.arrays().iter().map(|array| text_of(array, row)).collect()).collect()
}

fn names(table: &Table) -> Vec<&str> {
    table.columns().iter().map(|column| &*column.name).collect()
}

/// What comes out is the same for any number of threads, of more rows than one thread is given.
fn for_any_threads(work: impl Fn(&Table) -> Table + Sync) {
    let large = random_table(Key::new(11), 70_000);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| work(&large))
    };
    let one = with(1);
    assert!(with(2) == one, "two threads");
    assert!(with(7) == one, "seven threads");
}
