//! Mixtures of normal distributions.

use super::covariance::{Covariance, Parts, Whitening};
use super::frame::{Frame, Points, points_of};
use super::kmeans::KMeans;
use super::lloyd::blocks_of;
use super::{Clusterer, Clusters, Count, Label, bad_clusters, by_first_row};
use crate::data::Features;
use crate::mixed::normalise_logs;
use pipewright_diagnostic::{Bounds, Failure, code, go_on, room_for};
use pipewright_world::random::Key;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A Gaussian mixture: the rows come from some normal distributions, one per cluster. Their means, covariances and shares
/// are those that make the rows most probable, found by expectation and maximisation from the clusters of [`KMeans`]
/// (Dempster, Laird, Rubin, "Maximum likelihood from incomplete data via the EM algorithm", 1977).
///
/// A row belongs to the component that it most probably comes from. A row of weight 2 counts as the row twice.
///
/// [`Count::Best`] tries 1 component and more, and keeps the number whose [`bic`](MixtureClusters::bic) is least.
///
/// ```
/// use pipewright_learn::cluster::{Clusterer, Clusters, GaussianMixture};
/// use pipewright_learn::{Features, Key};
/// let features = Features::from_rows(["x"], &[[1.0], [2.0], [3.0], [11.0], [13.0]]);
/// let clusters = GaussianMixture::new(2).fit(&features, None, Key::new(0))?;
/// assert!((clusters.means()[1][0] - 12.0).abs() < 1e-9 && (clusters.shares()[0] - 0.6).abs() < 1e-9);
/// assert!((clusters.covariances()[1][0] - 1.000001).abs() < 1e-9);
/// assert_eq!(clusters.assign(&Features::from_rows(["x"], &[[12.5], [0.0]]))?, [Some(1), Some(0)]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianMixture {
    /// Number of components.
    pub count: Count,
    /// What their covariances may be.
    pub covariance: Covariance,
    /// What is added to all variances, in the square of the units of the columns; at least 0.
    pub reg_covar: f64,
    /// Rounds, at most.
    pub iterations: usize,
    /// Stops once the mean log-likelihood of a row grows by less than this; at least 0.
    pub tolerance: f64,
}

impl GaussianMixture {
    /// This many components of any covariance; at most 100 rounds, with tolerance 1e-3 and 1e-6 added to variances.
    #[must_use]
    pub fn new(count: usize) -> GaussianMixture {
        GaussianMixture {
            count: Count::Exactly(count),
            covariance: Covariance::Full,
            reg_covar: 1e-6,
            iterations: 100,
            tolerance: 1e-3,
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let bad = |message: String| Err(Failure::new(code::BAD_VALUE, message));
        let sound = |number: f64| number.is_finite() && number >= 0.0;
        if self.iterations == 0 {
            return bad("the number of iterations must be at least 1".to_owned());
        }
        if !sound(self.tolerance) {
            return bad(format!("the tolerance is {}; it must be a finite number, at least 0", self.tolerance));
        }
        if !sound(self.reg_covar) {
            return bad(format!("reg_covar is {}; it must be a finite number, at least 0", self.reg_covar));
        }
        Ok(())
    }

    /// Fits this many components.
    fn fit_count(&self, frame: &Frame, points: &Points, count: usize, key: Key) -> Result<MixtureClusters, Failure> {
        let numbers = 2 * points.len() as u128 * count as u128;
        room_for(numbers * size_of::<f64>() as u128, || format!("{count} components of {} rows", points.len()))?;
        let found = KMeans::new(count).best(points, count, key)?;
        let mut shares = vec![0.0; points.len() * count];
        for (row, &label) in found.labels.iter().enumerate() {
            shares[row * count + label as usize] = points.weight(row);
        }
        let ridge = frame.length_inside(frame.length_inside(self.reg_covar));
        let (mixture, labels) = self.maximise(points, shares, count, ridge.min(f64::MAX))?;
        let order = by_first_row(&labels, count);
        let log_likelihood = mixture.log_likelihood - points.width as f64 * frame.log_length();
        Ok(MixtureClusters {
            covariance: self.covariance,
            shares: order.iter().map(|&at| mixture.shares[at]).collect(),
            means: order.iter().map(|&at| mixture.means[at].clone()).collect(),
            covariances: order.iter().map(|&at| mixture.covariances[at].clone()).collect(),
            log_likelihood,
            weight: points.total_weight(),
            iterations: mixture.iterations,
            converged: mixture.converged,
            frame: frame.clone(),
        })
    }

    /// Alternates between the components of given shares of the rows, and the shares of given components. Returns the
    /// component of each row as well.
    fn maximise(
        &self,
        points: &Points,
        mut shares: Vec<f64>,
        count: usize,
        ridge: f64,
    ) -> Result<(Mixture, Vec<u32>), Failure> {
        let mut mixture = Mixture::of(points, &shares, count, (self.covariance, ridge));
        for round in 1..=self.iterations {
            go_on()?;
            let before = mixture.log_likelihood;
            let log_likelihood = mixture.expect(points, &mut shares)?;
            mixture = Mixture::of(points, &shares, count, (self.covariance, ridge));
            (mixture.log_likelihood, mixture.iterations) = (log_likelihood, round);
            mixture.converged = (log_likelihood - before).abs() < self.tolerance;
            if mixture.converged {
                break;
            }
        }
        mixture.log_likelihood = mixture.expect(points, &mut shares)?;
        let labels = shares.chunks_exact(count).map(most).collect();
        Ok((mixture, labels))
    }
}

/// The place of the largest number; the first of equal ones.
fn most(numbers: &[f64]) -> u32 {
    (1..numbers.len()).fold(0, |best, at| if numbers[at] > numbers[best] { at } else { best }) as u32
}

impl Clusterer for GaussianMixture {
    type Clusters = MixtureClusters;

    fn fit(&self, features: &Features, weights: Option<&[f64]>, key: Key) -> Result<MixtureClusters, Failure> {
        self.check()?;
        let (frame, points) = points_of(features, weights)?;
        self.count.check(points.len())?;
        let most = match self.count {
            Count::Exactly(count) => return self.fit_count(&frame, &points, count, key),
            Count::Best(most) => most.min(points.len()),
        };
        let mut best = self.fit_count(&frame, &points, 1, key)?;
        for count in 2..=most {
            match self.fit_count(&frame, &points, count, key) {
                Ok(clusters) if clusters.bic() < best.bic() => best = clusters,
                // More components may not be possible.
                Err(failure) if failure.code == code::TOO_FEW_ROWS => break,
                Err(failure) if failure.code != code::VALUE_OUT_OF_RANGE => return Err(failure),
                _ => {}
            }
        }
        Ok(best)
    }
}

/// Components at the common scale.
struct Mixture {
    shares: Vec<f64>,
    means: Vec<Vec<f64>>,
    covariances: Vec<Vec<f64>>,
    /// The mean over the rows.
    log_likelihood: f64,
    iterations: usize,
    converged: bool,
}

impl Mixture {
    /// The most probable components, if this much of each row comes from each.
    fn of(points: &Points, shares: &[f64], count: usize, (covariance, ridge): (Covariance, f64)) -> Mixture {
        let (masses, means) = means(points, shares, count);
        let parts = Parts { shares, masses: &masses, means: &means };
        let covariances = covariance.estimate(points, &parts, ridge);
        let total: f64 = masses.iter().sum();
        let shares = masses.iter().map(|mass| mass / total).collect();
        Mixture { shares, means, covariances, log_likelihood: f64::NEG_INFINITY, iterations: 0, converged: false }
    }

    /// Computes how much of each row comes from each component, and the mean log-likelihood.
    fn expect(&self, points: &Points, shares: &mut [f64]) -> Result<f64, Failure> {
        let count = self.means.len();
        let density = Density::new(&self.shares, &self.means, &self.covariances)?;
        let (ranges, bounds) = (blocks_of(points.len()), Bounds::current());
        let size = ranges.first().map_or(1, Range::len);
        let of_block = |(rows, shares): (Range<usize>, &mut [f64])| {
            bounds.go_on()?;
            density.write(&points.values[rows.start * points.width..rows.end * points.width], shares);
            let mut sum = 0.0;
            for (row, shares) in rows.zip(shares.chunks_exact_mut(count)) {
                let weight = points.weight(row);
                sum += weight * log_sum(shares);
                normalise_logs(shares);
                shares.iter_mut().for_each(|share| *share *= weight);
            }
            Ok(sum)
        };
        let blocks: Vec<f64> = ranges
            .into_par_iter()
            .zip(shares.par_chunks_mut(size * count))
            .map(of_block)
            .collect::<Result<_, Failure>>()?;
        Ok(blocks.iter().sum::<f64>() / points.total_weight())
    }
}

/// The weight and the mean of the part of each component.
fn means(points: &Points, shares: &[f64], count: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    /// So that a component without rows has a mean, as in scikit-learn.
    const LEAST: f64 = 10.0 * f64::EPSILON;
    let width = points.width;
    let of_block = |rows: Range<usize>| {
        let (mut masses, mut sums) = (vec![0.0; count], vec![0.0; count * width]);
        for row in rows {
            let shares = &shares[row * count..(row + 1) * count];
            for ((mass, sums), share) in masses.iter_mut().zip(sums.chunks_exact_mut(width)).zip(shares) {
                *mass += share;
                sums.iter_mut().zip(points.row(row)).for_each(|(sum, value)| *sum += share * value);
            }
        }
        (masses, sums)
    };
    let blocks: Vec<(Vec<f64>, Vec<f64>)> = blocks_of(points.len()).into_par_iter().map(of_block).collect();
    let (mut masses, mut sums) = (vec![LEAST; count], vec![0.0; count * width]);
    for (more_masses, more_sums) in &blocks {
        masses.iter_mut().zip(more_masses).for_each(|(mass, more)| *mass += more);
        sums.iter_mut().zip(more_sums).for_each(|(sum, more)| *sum += more);
    }
    let means = sums.chunks_exact(width).zip(&masses).map(|(sums, mass)| sums.iter().map(|sum| sum / mass).collect());
    let means = means.collect();
    (masses, means)
}

/// log Σ exp.
fn log_sum(logs: &[f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + logs.iter().map(|log| (log - most).exp()).sum::<f64>().ln()
}

/// Components whose covariances are inverted.
struct Density<'a> {
    logs: Vec<f64>,
    means: &'a [Vec<f64>],
    whitenings: Vec<Whitening>,
}

impl<'a> Density<'a> {
    fn new(shares: &[f64], means: &'a [Vec<f64>], covariances: &[Vec<f64>]) -> Result<Density<'a>, Failure> {
        let whitening = |(covariance, mean): (&Vec<f64>, &Vec<f64>)| Whitening::new(covariance, mean.len());
        let whitenings = covariances.iter().zip(means).map(whitening).collect::<Result<_, Failure>>()?;
        Ok(Density { logs: shares.iter().map(|share| share.ln()).collect(), means, whitenings })
    }

    /// Writes log(share · density) of each component, row by row.
    fn write(&self, rows: &[f64], into: &mut [f64]) {
        let count = self.means.len();
        for (component, (whitening, mean)) in self.whitenings.iter().zip(self.means).enumerate() {
            whitening.log_densities(rows, mean, &mut into[component..], count);
        }
        for row in into.chunks_exact_mut(count) {
            row.iter_mut().zip(&self.logs).for_each(|(log, share)| *log += share);
        }
    }
}

/// The fitted clusters of [`GaussianMixture`]: its components.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MixtureClusters {
    frame: Frame,
    covariance: Covariance,
    shares: Vec<f64>,
    /// At the common scale, as are the covariances.
    means: Vec<Vec<f64>>,
    covariances: Vec<Vec<f64>>,
    log_likelihood: f64,
    weight: f64,
    iterations: usize,
    converged: bool,
}

impl MixtureClusters {
    /// The share of the rows that comes from each component; they sum to 1.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The mean of each component: a number per column, in its units.
    #[must_use]
    pub fn means(&self) -> Vec<Vec<f64>> {
        self.means.iter().map(|mean| self.frame.outside(mean)).collect()
    }

    /// The covariance of each component in the units of the columns: `columns` × `columns` numbers row by row, or the
    /// variance of each column for [`Covariance::Diagonal`] and [`Covariance::Spherical`].
    #[must_use]
    pub fn covariances(&self) -> Vec<Vec<f64>> {
        let outside = |number: &f64| self.frame.square_outside(*number).max(-f64::MAX);
        self.covariances.iter().map(|covariance| covariance.iter().map(outside).collect()).collect()
    }

    /// The mean log-likelihood of a training row.
    #[must_use]
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// Akaike's information criterion; smaller is better.
    #[must_use]
    pub fn aic(&self) -> f64 {
        2.0 * self.parameters() - 2.0 * self.weight * self.log_likelihood
    }

    /// The Bayesian information criterion; smaller is better (Schwarz, "Estimating the dimension of a model", 1978).
    #[must_use]
    pub fn bic(&self) -> f64 {
        self.parameters() * self.weight.ln() - 2.0 * self.weight * self.log_likelihood
    }

    /// Rounds until the end.
    #[must_use]
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Did it converge?
    #[must_use]
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// The number of numbers that were learned.
    fn parameters(&self) -> f64 {
        let (count, width) = (self.means.len(), self.frame.width());
        self.covariance.parameters(count, width) + (count * width + count - 1) as f64
    }

    /// Returns the probability of each component for every row, row by row; the columns must be those of the training
    /// features, in the same order.
    ///
    /// # Errors
    /// As [`Clusters::assign`].
    pub fn probabilities(&self, features: &Features) -> Result<Vec<f64>, Failure> {
        /// Rows computed together.
        const BLOCK_ROWS: usize = 1024;
        let points = self.frame.new_points(features)?;
        let (count, density) = (self.means.len(), Density::new(&self.shares, &self.means, &self.covariances)?);
        let mut values = vec![0.0; points.len() * count];
        let rows = points.values.par_chunks(BLOCK_ROWS * points.width);
        values.par_chunks_mut(BLOCK_ROWS * count).zip(rows).for_each(|(values, rows)| {
            density.write(rows, values);
            values.chunks_exact_mut(count).for_each(normalise_logs);
        });
        Ok(values)
    }
}

impl Clusters for MixtureClusters {
    fn assign(&self, features: &Features) -> Result<Vec<Label>, Failure> {
        let probabilities = self.probabilities(features)?;
        Ok(probabilities.chunks_exact(self.means.len()).map(|row| Some(most(row))).collect())
    }

    fn count(&self) -> usize {
        self.means.len()
    }

    fn inputs(&self) -> usize {
        self.frame.width()
    }

    fn validate(&self) -> Result<(), Failure> {
        let (count, width) = (self.means.len(), self.frame.width());
        let lengths = |lists: &[Vec<f64>], length: usize| lists.iter().all(|list| list.len() == length);
        let sizes = self.frame.is_sound()
            && count > 0
            && self.shares.len() == count
            && self.covariances.len() == count
            && lengths(&self.means, width)
            && lengths(&self.covariances, self.covariance.numbers(width));
        let shares = self.shares.iter().all(|share| *share > 0.0 && *share <= 1.0 + 1e-9);
        let means = self.means.iter().all(|mean| self.frame.are_sound(mean));
        let finite = self.log_likelihood.is_finite() && self.weight.is_finite() && self.weight > 0.0;
        let sound = sizes && shares && means && finite;
        match sound && Density::new(&self.shares, &self.means, &self.covariances).is_ok() {
            true => Ok(()),
            false => Err(bad_clusters()),
        }
    }
}
