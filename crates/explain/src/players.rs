//! Players: the columns, or groups of columns, to which a prediction is attributed.

use crate::Rows;
use pipewright_diagnostic::{Failure, code, nearest};

/// The columns, or groups of columns, to which predictions are attributed. Each is exchanged as a whole.
///
/// Group the columns that encode one thing, such as the columns of a one-hot encoding: exchanged one by one, they would
/// make rows that belong to no category or to two. Columns of no player stay those of the row that is explained.
///
/// ```
/// use pipewright_explain::Players;
/// use pipewright_learn::Features;
/// let rows = Features::from_rows(["age", "sex=f", "sex=m"], &[[30.0, 1.0, 0.0]]);
/// let players = Players::each(&rows).group("sex", &["sex=f", "sex=m"])?;
/// assert_eq!(players.names(), ["age", "sex"]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Players {
    columns: Vec<String>,
    names: Vec<String>,
    members: Vec<Vec<usize>>,
}

impl Players {
    /// Makes each column a player.
    #[must_use]
    pub fn each<R: Rows>(rows: &R) -> Players {
        let columns = rows.names();
        Players { names: columns.clone(), members: (0..columns.len()).map(|column| vec![column]).collect(), columns }
    }

    /// Makes one player of several columns, in the place of the first of them.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`] for a column that is of no player or of a group; [`code::EMPTY_DATA`] for no columns;
    /// [`code::DUPLICATE_COLUMN`] if another player has that name.
    pub fn group(mut self, name: &str, columns: &[impl AsRef<str>]) -> Result<Players, Failure> {
        let mut places = columns.iter().map(|column| self.single(column.as_ref())).collect::<Result<Vec<_>, _>>()?;
        places.sort_unstable();
        places.dedup();
        let Some(&first) = places.first() else {
            return Err(Failure::new(code::EMPTY_DATA, format!("the group `{name}` has no columns")));
        };
        let members = places.iter().flat_map(|&place| self.members[place].clone()).collect();
        for &place in places.iter().skip(1).rev() {
            self.names.remove(place);
            self.members.remove(place);
        }
        if self.names.iter().enumerate().any(|(place, other)| place != first && other == name) {
            return Err(Failure::new(code::DUPLICATE_COLUMN, format!("two players are named `{name}`")));
        }
        (self.names[first], self.members[first]) = (name.to_owned(), members);
        Ok(self)
    }

    /// Keeps only these players, in this order.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`] for a name that no player has.
    pub fn only(&self, names: &[impl AsRef<str>]) -> Result<Players, Failure> {
        let places = names.iter().map(|name| self.position(name.as_ref())).collect::<Result<Vec<_>, _>>()?;
        Ok(Players {
            columns: self.columns.clone(),
            names: places.iter().map(|&place| self.names[place].clone()).collect(),
            members: places.iter().map(|&place| self.members[place].clone()).collect(),
        })
    }

    /// The names of the players.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of players.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The columns of a player, by position.
    ///
    /// # Panics
    /// If there is no such player.
    #[must_use]
    pub fn columns(&self, player: usize) -> &[usize] {
        &self.members[player]
    }

    /// Finds a player by name.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`].
    pub fn position(&self, name: &str) -> Result<usize, Failure> {
        self.names.iter().position(|other| other == name).ok_or_else(|| self.unknown(name))
    }

    /// The player of each column; `None` for columns of no player.
    pub(crate) fn of_columns(&self) -> Vec<Option<usize>> {
        let mut of = vec![None; self.columns.len()];
        for (player, members) in self.members.iter().enumerate() {
            members.iter().for_each(|&column| of[column] = Some(player));
        }
        of
    }

    /// Fails without players, and for rows of other columns.
    pub(crate) fn check<R: Rows>(&self, rows: &R) -> Result<(), Failure> {
        if self.is_empty() {
            return Err(Failure::new(code::EMPTY_DATA, "there are no columns to explain"));
        }
        match rows.names() == self.columns {
            true => Ok(()),
            false => Err(Failure::new(code::WRONG_WIDTH, "the rows have other columns than those that are explained")),
        }
    }

    /// The player that is one column of that name.
    fn single(&self, column: &str) -> Result<usize, Failure> {
        let is_it = |members: &Vec<usize>| matches!(members[..], [member] if self.columns[member] == column);
        self.members.iter().position(is_it).ok_or_else(|| self.unknown(column))
    }

    fn unknown(&self, name: &str) -> Failure {
        let failure = Failure::new(code::UNKNOWN_COLUMN, format!("there is no column `{name}` to explain"));
        match nearest(name, self.names.iter().map(String::as_str)).first() {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_learn::Features;

    #[test]
    fn groups_replace_their_columns() {
        let rows = Features::from_rows(["a", "b", "c", "d"], &[[0.0; 4]]);
        let players = Players::each(&rows).group("bd", &["d", "b"]).unwrap();
        assert_eq!(players.names(), ["a", "bd", "c"]);
        assert_eq!(players.columns(1), [1, 3]);
        assert_eq!(players.of_columns(), [Some(0), Some(1), Some(2), Some(1)]);
        let only = players.only(&["c", "bd"]).unwrap();
        assert_eq!(only.of_columns(), [None, Some(1), Some(0), Some(1)]);
        assert_eq!(players.clone().group("x", &["b"]).unwrap_err().code, code::UNKNOWN_COLUMN);
        assert_eq!(players.clone().group("a", &["c"]).unwrap_err().code, code::DUPLICATE_COLUMN);
        assert_eq!(players.group("x", &[""; 0]).unwrap_err().code, code::EMPTY_DATA);
    }

    #[test]
    fn rows_of_other_columns_are_refused() {
        let players = Players::each(&Features::from_rows(["a"], &[[0.0]]));
        let failure = players.check(&Features::from_rows(["b"], &[[0.0]])).unwrap_err();
        assert_eq!(failure.code, code::WRONG_WIDTH);
    }
}
