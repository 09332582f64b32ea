//! Shapes in the plane and in space: moons, circles, blobs, an S and a roll.

use super::{Answers, Extent, Generate, Generated, add_noise, bounds, column, normal};
use pipewright_diagnostic::Failure;
use pipewright_world::random::Key;
use std::f64::consts::{PI, TAU};

/// Two half circles that interleave, the second one shifted by (1, 0.5) and upside down. As `make_moons` of scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moons {
    /// Number of rows: half of them, rounded down, of the upper moon.
    pub rows: usize,
    /// Standard deviation of the normal noise of every coordinate.
    pub noise: f64,
}

impl Generate for Moons {
    fn extent(&self) -> Extent {
        Extent { rows: self.rows, features: 2, classes: true, work: 0 }
    }

    fn make(&self, key: Key) -> Result<Generated, Failure> {
        let upper = self.rows / 2;
        let lower = self.rows - upper;
        let angle = |place: usize, count: usize| PI * place as f64 / (count.max(2) - 1) as f64;
        let point = |place: usize| match place.checked_sub(upper) {
            None => (libm::cos(angle(place, upper)), libm::sin(angle(place, upper)), 0),
            Some(place) => {
                let angle = angle(place, lower);
                (1.0 - libm::cos(angle), 0.5 - libm::sin(angle), 1)
            }
        };
        in_the_plane(self.rows, self.noise, key.child("moons"), point)
    }
}

/// A circle inside of another one. As `make_circles` of scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Circles {
    /// Number of rows: half of them, rounded down, of the outer circle.
    pub rows: usize,
    /// Standard deviation of the normal noise of every coordinate.
    pub noise: f64,
    /// Radius of the inner circle; that of the outer one is 1.
    pub factor: f64,
}

impl Generate for Circles {
    fn extent(&self) -> Extent {
        Extent { rows: self.rows, features: 2, classes: true, work: 0 }
    }

    fn make(&self, key: Key) -> Result<Generated, Failure> {
        let outer = self.rows / 2;
        let inner = self.rows - outer;
        let point = |place: usize| {
            let (place, count, radius, class) = match place.checked_sub(outer) {
                None => (place, outer, 1.0, 0),
                Some(place) => (place, inner, self.factor, 1),
            };
            let angle = TAU * place as f64 / count as f64;
            (radius * libm::cos(angle), radius * libm::sin(angle), class)
        };
        in_the_plane(self.rows, self.noise, key.child("circles"), point)
    }
}

/// Classified points in random order, with noise.
fn in_the_plane(
    rows: usize,
    noise: f64,
    key: Key,
    point: impl Fn(usize) -> (f64, f64, u32),
) -> Result<Generated, Failure> {
    let order = key.child("order").permutation(rows);
    let at = |row: usize| point(order[row] as usize);
    let mut features = vec![column(rows, |row| at(row).0)?, column(rows, |row| at(row).1)?];
    let classes = column(rows, |row| at(row).2)?;
    add_noise(&mut features, noise, key)?;
    Ok(Generated { features, answers: Answers::Classes(classes) })
}

/// Normally distributed points around random centres, which are uniform in a cube from -10 to 10. As `make_blobs` of
/// scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blobs {
    /// Number of rows, divided evenly among the centres.
    pub rows: usize,
    /// Number of centres, which are the classes.
    pub centers: usize,
    /// Number of features.
    pub features: usize,
    /// Standard deviation around a centre.
    pub deviation: f64,
}

impl Blobs {
    /// Half of an edge of the cube of the centres.
    const REACH: f64 = 10.0;
}

impl Generate for Blobs {
    fn extent(&self) -> Extent {
        Extent { rows: self.rows, features: self.features, classes: true, work: self.centers as u128 }
    }

    fn make(&self, key: Key) -> Result<Generated, Failure> {
        let key = key.child("blobs");
        let order = key.child("order").permutation(self.rows);
        let bounds = bounds(self.rows, self.centers);
        let class = |row: usize| bounds.partition_point(|&start| start <= order[row] as usize) - 1;
        let (centers, around) = (key.child("centers"), key.child("around"));
        let feature = |index: usize| {
            let (centers, around) = (centers.index(index as u64), around.index(index as u64));
            column(self.rows, |row| {
                let center = Blobs::REACH * (2.0 * centers.uniform(class(row) as u64) - 1.0);
                center + self.deviation * normal(around, row)
            })
        };
        let features = (0..self.features).map(feature).collect::<Result<_, _>>()?;
        let classes = column(self.rows, |row| class(row) as u32)?;
        Ok(Generated { features, answers: Answers::Classes(classes) })
    }
}

/// A surface in space that has the form of an S; the answer is the place along it. As `make_s_curve` of scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SCurve {
    /// Number of rows.
    pub rows: usize,
    /// Standard deviation of the normal noise of every coordinate.
    pub noise: f64,
}

impl SCurve {
    /// The point at two shares from 0 to 1, and its place along the S.
    pub(super) fn point(along: f64, across: f64) -> ([f64; 3], f64) {
        let place = 3.0 * PI * (along - 0.5);
        let side = if place < 0.0 { -1.0 } else { 1.0 };
        ([libm::sin(place), 2.0 * across, side * (libm::cos(place) - 1.0)], place)
    }
}

impl Generate for SCurve {
    fn extent(&self) -> Extent {
        Extent { rows: self.rows, features: 3, classes: false, work: 0 }
    }

    fn make(&self, key: Key) -> Result<Generated, Failure> {
        on_a_surface(self.rows, self.noise, key.child("s_curve"), SCurve::point)
    }
}

/// A rolled-up surface in space; the answer is the place along it. As `make_swiss_roll` of scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SwissRoll {
    /// Number of rows.
    pub rows: usize,
    /// Standard deviation of the normal noise of every coordinate.
    pub noise: f64,
}

impl SwissRoll {
    /// The point at two shares from 0 to 1, and its place along the roll.
    pub(super) fn point(along: f64, across: f64) -> ([f64; 3], f64) {
        let place = 1.5 * PI * (1.0 + 2.0 * along);
        ([place * libm::cos(place), 21.0 * across, place * libm::sin(place)], place)
    }
}

impl Generate for SwissRoll {
    fn extent(&self) -> Extent {
        Extent { rows: self.rows, features: 3, classes: false, work: 0 }
    }

    fn make(&self, key: Key) -> Result<Generated, Failure> {
        on_a_surface(self.rows, self.noise, key.child("swiss_roll"), SwissRoll::point)
    }
}

/// Uniformly drawn points of a surface, with noise.
fn on_a_surface(
    rows: usize,
    noise: f64,
    key: Key,
    point: impl Fn(f64, f64) -> ([f64; 3], f64),
) -> Result<Generated, Failure> {
    let (along, across) = (key.child("along"), key.child("across"));
    let at = |row: usize| point(along.uniform(row as u64), across.uniform(row as u64));
    let mut features = (0..3).map(|axis| column(rows, |row| at(row).0[axis])).collect::<Result<Vec<_>, Failure>>()?;
    let answers = column(rows, |row| at(row).1)?;
    add_noise(&mut features, noise, key)?;
    Ok(Generated { features, answers: Answers::Numbers(answers) })
}
