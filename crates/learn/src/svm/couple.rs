//! Probabilities of classes from those of pairs of classes.

/// The probabilities of classes from those of each against each other, the first of a pair first: method 2 of T.-F. Wu,
/// C.-J. Lin, R. C. Weng, "Probability estimates for multi-class classification by pairwise coupling" (2004).
pub(super) fn couple(pairs: &[f64], classes: usize) -> Vec<f64> {
    const LEAST: f64 = 1e-7;
    let mut against = vec![0.0; classes * classes];
    let mut next = pairs.iter();
    for first in 0..classes {
        for second in first + 1..classes {
            let share = next.next().map_or(0.5, |share| share.clamp(LEAST, 1.0 - LEAST));
            against[first * classes + second] = share;
            against[second * classes + first] = 1.0 - share;
        }
    }
    let mut matrix = vec![0.0; classes * classes];
    for row in 0..classes {
        for column in (0..classes).filter(|&column| column != row) {
            let lost = against[column * classes + row];
            matrix[row * classes + row] += lost * lost;
            matrix[row * classes + column] = -lost * against[row * classes + column];
        }
    }
    descend(&matrix, classes)
}

/// Minimises pᵀQp for p that sum to 1, one p after the other.
fn descend(matrix: &[f64], classes: usize) -> Vec<f64> {
    const ROUNDS: usize = 100;
    let enough = 1e-12 / classes as f64;
    let mut shares = vec![1.0 / classes as f64; classes];
    for _ in 0..ROUNDS.max(classes) {
        let times: Vec<f64> =
            matrix.chunks_exact(classes).map(|row| row.iter().zip(&shares).map(|(q, p)| q * p).sum()).collect();
        let mut whole: f64 = shares.iter().zip(&times).map(|(p, q)| p * q).sum();
        if times.iter().all(|q| (q - whole).abs() < enough) {
            break;
        }
        let mut times = times;
        for class in 0..classes {
            let diagonal = matrix[class * classes + class];
            let step = (whole - times[class]) / diagonal;
            shares[class] += step;
            whole = (whole + step * (step * diagonal + 2.0 * times[class])) / (1.0 + step) / (1.0 + step);
            for (other, time) in times.iter_mut().enumerate() {
                *time = (*time + step * matrix[class * classes + other]) / (1.0 + step);
            }
            shares.iter_mut().for_each(|share| *share /= 1.0 + step);
        }
    }
    let total: f64 = shares.iter().sum();
    shares.iter().map(|share| share / total).collect()
}
