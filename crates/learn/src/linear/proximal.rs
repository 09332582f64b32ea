//! The step of Newton's method where absolute values of parameters are penalised: coordinate descent on the quadratic
//! model of the function.

use faer::Mat;

const ROUNDS_MAX: usize = 5000;
const TOLERANCE: f64 = 1e-12;

/// Returns the step to the minimum of gradient·d + ½·dᵀ·curvature·d + Σ absolute·|at + d|. Parameters at places equal
/// modulo `together` are also moved by the same, which their own moves would do slowly.
pub(super) fn proximal_direction(
    curvature: &Mat<f64>,
    gradient: &[f64],
    at: &[f64],
    absolute: &[f64],
    together: Option<usize>,
) -> Vec<f64> {
    let size = at.len();
    let full = Mat::from_fn(size, size, |row, column| curvature[(row.max(column), row.min(column))]);
    let mut model = Model { full, absolute, there: at.to_vec(), slopes: gradient.to_vec() };
    let all: Vec<usize> = (0..size).filter(|&index| model.full[(index, index)] > 0.0).collect();
    let groups = model.groups(together);
    let (mut active, mut complete) = (all.clone(), true);
    for _ in 0..ROUNDS_MAX {
        let alone = active.iter().map(|&index| model.descend(index)).fold(0.0, f64::max);
        let grouped = groups.iter().map(|group| model.shift(group)).fold(0.0, f64::max);
        let size = model.there.iter().fold(f64::MIN_POSITIVE, |most: f64, parameter| most.max(parameter.abs()));
        let settled = alone.max(grouped) <= TOLERANCE * size;
        if settled && complete {
            break;
        }
        // Parameters that are 0 are left out until the others no longer change.
        complete = settled;
        active = if settled { all.clone() } else { model.used(&all) };
    }
    model.there.iter().zip(at).map(|(there, at)| there - at).collect()
}

struct Model<'a> {
    full: Mat<f64>,
    absolute: &'a [f64],
    /// The parameters after the step.
    there: Vec<f64>,
    /// The slopes of the quadratic model there.
    slopes: Vec<f64>,
}

/// Parameters that move together, and the curvature of the model when they do.
struct Group {
    places: Vec<usize>,
    bend: f64,
}

impl Model<'_> {
    fn used(&self, places: &[usize]) -> Vec<usize> {
        places.iter().copied().filter(|&index| self.there[index] != 0.0 || self.absolute[index] == 0.0).collect()
    }

    fn groups(&self, together: Option<usize>) -> Vec<Group> {
        let Some(stride) = together else { return Vec::new() };
        let group = |first: usize| {
            let places: Vec<usize> = (first..self.there.len()).step_by(stride).collect();
            let rows = places.iter().flat_map(|&row| places.iter().map(move |&column| (row, column)));
            let bend = rows.map(|place| self.full[place]).sum::<f64>();
            let size: f64 = places.iter().map(|&place| self.full[(place, place)]).sum();
            // What is left of entries that cancel is rounding noise.
            Group { bend: if bend > 1e-12 * size { bend } else { 0.0 }, places }
        };
        (0..stride).map(group).filter(|group| group.places.iter().all(|&place| self.absolute[place] > 0.0)).collect()
    }

    /// Optimises one parameter, and returns by how much it moved.
    fn descend(&mut self, index: usize) -> f64 {
        let bend = self.full[(index, index)];
        let centre = self.there[index] - self.slopes[index] / bend;
        let new = centre.signum() * (centre.abs() - self.absolute[index] / bend).max(0.0);
        let change = new - self.there[index];
        self.there[index] = new;
        self.tilt(index, change);
        change.abs()
    }

    fn tilt(&mut self, index: usize, change: f64) {
        if change != 0.0 {
            let column = self.full.col_as_slice(index);
            self.slopes.iter_mut().zip(column).for_each(|(slope, entry)| *slope += change * entry);
        }
    }

    /// Optimises by how much all parameters of a group move together: the derivative is piecewise linear and grows, with
    /// a jump where a parameter becomes 0.
    fn shift(&mut self, group: &Group) -> f64 {
        let slope = match group.bend > 0.0 {
            true => group.places.iter().map(|&place| self.slopes[place]).sum::<f64>(),
            false => 0.0,
        };
        let mut jumps: Vec<(f64, usize)> = group.places.iter().map(|&place| (-self.there[place], place)).collect();
        jumps.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = group.places.iter().map(|&place| self.absolute[place]).sum();
        let mut of_absolute = -total;
        for &(at, place) in &jumps {
            // Before this jump the derivative is slope + bend·shift + of_absolute.
            if slope + group.bend * at + of_absolute >= 0.0 {
                break;
            }
            of_absolute += 2.0 * self.absolute[place];
            if slope + group.bend * at + of_absolute >= 0.0 {
                return self.move_all(group, at, Some(place));
            }
        }
        let shift = if group.bend > 0.0 { -(slope + of_absolute) / group.bend } else { 0.0 };
        self.move_all(group, shift, None)
    }

    fn move_all(&mut self, group: &Group, shift: f64, to_zero: Option<usize>) -> f64 {
        if shift == 0.0 {
            return 0.0;
        }
        for &place in &group.places {
            self.there[place] += shift;
            self.tilt(place, shift);
        }
        to_zero.into_iter().for_each(|place| self.there[place] = 0.0);
        shift.abs()
    }
}
