//! Clusters of rows whose groups are known, against scikit-learn and SciPy, and at the limits of numbers.

use super::score::{adjusted_rand, calinski_harabasz, davies_bouldin, silhouette};
use super::*;
use crate::threads::on_any_threads;

fn features(columns: &[Vec<f64>]) -> Features {
    let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
    Features::new(columns.first().map_or(0, Vec::len), names.into(), columns.concat())
}

/// The rows of the script that made the constants (scikit-learn 1.9, SciPy 1.17):
/// `((r*r*37*(c+1) + r*101 + c*c*211 + 17) % 9973) / 997.3 / 5 - 1 + (r % 3) * [2, -1, 1.5, 0][c]`.
fn three(rows: usize) -> Features {
    let number =
        |row: usize, column: usize| (row * row * 37 * (column + 1) + row * 101 + column * column * 211 + 17) % 9973;
    let value = |row: usize, column: usize, shift: f64| {
        number(row, column) as f64 / 997.3 / 5.0 - 1.0 + (row % 3) as f64 * shift
    };
    let shifts = [2.0, -1.0, 1.5, 0.0];
    let column = |(column, shift): (usize, &f64)| (0..rows).map(|row| value(row, column, *shift)).collect();
    features(&shifts.iter().enumerate().map(column).collect::<Vec<_>>())
}

/// Numbers that look random and are the same everywhere.
fn noise(rows: usize, columns: usize, seed: u64) -> Features {
    let column = |index| (0..rows).map(|row| Key::new(seed).index(index).uniform(row as u64)).collect();
    features(&(0..columns as u64).map(column).collect::<Vec<_>>())
}

fn scaled(features: &Features, scale: f64) -> Features {
    let values = features.to_column_major().iter().map(|value| value * scale).collect();
    Features::new(features.rows(), features.names().clone(), values)
}

/// A digit per row, a dot for none.
fn text(labels: &[Label]) -> String {
    labels.iter().map(|label| label.and_then(|label| char::from_digit(label, 36)).unwrap_or('.')).collect()
}

fn labels<C: Clusterer>(clusterer: &C, features: &Features) -> String {
    text(&clusterer.fit(features, None, Key::new(1)).unwrap().assign(features).unwrap())
}

fn refusal<C: Clusterer>(clusterer: &C, features: &Features) -> code::Code
where
    C::Clusters: std::fmt::Debug,
{
    clusterer.fit(features, None, Key::new(1)).unwrap_err().code
}

#[track_caller]
fn assert_close(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{found} {wanted}");
}

fn linked(linkage: Linkage, count: usize) -> Hierarchical {
    Hierarchical { linkage, cut: Cut::Count(count) }
}

fn mixture(covariance: Covariance, count: usize) -> GaussianMixture {
    GaussianMixture { covariance, ..GaussianMixture::new(count) }
}

const LINKAGES: [Linkage; 4] = [Linkage::Ward, Linkage::Complete, Linkage::Average, Linkage::Single];
const COVARIANCES: [Covariance; 4] = [Covariance::Full, Covariance::Tied, Covariance::Diagonal, Covariance::Spherical];

/// `KMeans(k, n_init=1, random_state=s, tol=0)`, the best of 300 values of s.
#[test]
fn k_means_finds_the_minimum_that_many_starts_find() {
    let rows = three(90);
    let exact = |count, starts| KMeans { starts, tolerance: 0.0, ..KMeans::new(count) };
    let found = exact(3, 4).fit(&rows, None, Key::new(1)).unwrap();
    assert_close(found.inertia(), 115.98873249494619);
    assert_eq!(text(&found.assign(&rows).unwrap()), "012".repeat(30));
    let wanted = [4.022614392192253, -2.1041211270430162, 2.9871051839967917, 0.029626658645008245];
    found.centres()[2].iter().zip(wanted).for_each(|(found, wanted)| assert_close(*found, wanted));
    assert!(found.converged() && found.iterations() > 1);
    let found = exact(5, 200).fit(&rows, None, Key::new(1)).unwrap();
    assert_close(found.inertia(), 89.27285901486235);
    let weights: Vec<f64> = (0..90).map(|row| f64::from(1 + row % 3)).collect();
    let found = exact(5, 200).fit(&rows, Some(&weights), Key::new(1)).unwrap();
    assert_close(found.inertia(), 168.95436963768736);
}

/// `GaussianMixture(3, covariance_type=c, random_state=0)`: `score`, `bic`, `aic`, and the first numbers of the first
/// row's component.
#[test]
fn mixtures_are_those_of_scikit_learn() {
    let wanted = [
        (-4.305801531441649, 973.0359011540284, 863.0442756594967, 0.4777047465413308, 0.3338600984564029, 3),
        (-4.424004200809521, 904.3161882336401, 844.3207561457137, 0.35990043406643507, 0.32852897070777615, 3),
        (-4.4635231205831705, 920.4292131335576, 855.4341617049707, 0.47792931946864414, 0.334720373022993, 2),
        (-4.498361176843249, 886.2017762273994, 843.7050118317849, 0.35362626274924736, 0.33239319515090326, 2),
    ];
    for (covariance, wanted) in COVARIANCES.into_iter().zip(wanted) {
        let found = mixture(covariance, 3).fit(&three(90), None, Key::new(1)).unwrap();
        let variance = found.covariances()[0][0];
        assert_close(found.log_likelihood(), wanted.0);
        assert_close(found.bic(), wanted.1);
        assert_close(found.aic(), wanted.2);
        assert_close(variance, wanted.3);
        assert_close(found.shares()[0], wanted.4);
        assert_eq!(found.iterations(), wanted.5);
    }
    let tied = "012".repeat(20) + "112" + &"012".repeat(9);
    assert_eq!(labels(&mixture(Covariance::Tied, 3), &three(90)), tied);
}

/// `DBSCAN(eps, min_samples=n)`; the first row of each cluster settles its number.
#[test]
fn dense_regions_are_those_of_scikit_learn() {
    let found = |eps, min_rows| {
        let clusters = Dbscan { eps, min_rows }.fit(&three(90), None, Key::new(1)).unwrap();
        (clusters.core_rows(), text(&clusters.assign(&three(90)).unwrap()))
    };
    let wanted = [
        ".0........1.....0..1.....1..0.....1........0..0........2.....0..2.....2..0.....2........0.",
        ".0..0.1...23....0..23...123.0....12...3.0..0..0..0...3.......0...3.......0.12.......10..0.",
        ".0..0123..456...01.457..245.0....24.635809709709.0a835.b.2.1.0a6b...a6b..0....8b..3.20..0.",
    ];
    assert_eq!(found(0.6, 4), (14, wanted[0].to_owned()));
    assert_eq!(found(0.9, 5), (16, wanted[1].to_owned()));
    assert_eq!(found(0.75, 3), (41, wanted[2].to_owned()));
}

/// `AgglomerativeClustering(4, linkage=l)` and `scipy.cluster.hierarchy.linkage(X, l)[:, 2]`: the sum, and numbers 0, 40
/// and 88.
#[test]
fn hierarchies_are_those_of_scipy() {
    let wanted = [
        (
            "012012032032032012032032032012032032032012012012012032032032012032012032012032032032012012",
            [145.03345548627414, 0.05020590645548977, 0.7734587554954493, 26.273128859456662],
        ),
        (
            "012012012012312312012312312312312012312012312312012012012332312312312312312032012012012312",
            [99.53187553508923, 0.05020590645548977, 0.7664548282107142, 7.724779438492173],
        ),
        (
            "012012312312312312312312312312312312312312312312312312012312312312312312312312312312312312",
            [78.45335775597597, 0.05020590645548977, 0.6699520195608805, 4.408953970663674],
        ),
        (
            "001001001001021001001031001001021001001001001001001001021001001021001021001001021001001001",
            [56.50686000994904, 0.05020590645548977, 0.5956919988733415, 1.2952238993653369],
        ),
    ];
    for (linkage, (names, numbers)) in LINKAGES.into_iter().zip(wanted) {
        let clusters = linked(linkage, 4).fit(&three(90), None, Key::new(1)).unwrap();
        let heights = clusters.heights();
        let found = [heights.iter().sum(), heights[0], heights[40], heights[88]];
        found.iter().zip(numbers).for_each(|(found, wanted)| assert_close(*found, wanted));
        assert_eq!(text(&clusters.assign(&three(90)).unwrap()), names, "{linkage:?}");
        let cut = Hierarchical { linkage, cut: Cut::Distance((heights[85] + heights[86]) / 2.0) };
        assert_eq!(labels(&cut, &three(90)), names, "{linkage:?}");
    }
}

/// `silhouette_score`, `calinski_harabasz_score`, `davies_bouldin_score` and `adjusted_rand_score`.
#[test]
fn scores_are_those_of_scikit_learn() {
    let rows = three(90);
    let of = |label: fn(u32) -> u32| (0..90).map(|row| Some(label(row))).collect::<Vec<Label>>();
    let (thirds, fifths, squares) = (of(|row| row % 3), of(|row| row % 5), of(|row| row * row % 7));
    let wanted = [
        (&thirds, [0.45254399221209524, 163.7589775598122, 0.8457466921255542]),
        (&fifths, [-0.06570399585380805, 0.38671291295226046, 16.440568806393625]),
    ];
    for (labels, wanted) in wanted {
        assert_close(silhouette(&rows, labels, Key::new(0)).unwrap().mean, wanted[0]);
        assert_close(calinski_harabasz(&rows, labels).unwrap(), wanted[1]);
        assert_close(davies_bouldin(&rows, labels).unwrap(), wanted[2]);
    }
    assert_close(adjusted_rand(&fifths, &squares), -0.0319358074222668);
    assert_close(adjusted_rand(&thirds, &fifths), -0.03088803088803089);
    // Rows without a cluster are left out.
    let part: Vec<Label> = (0..90).map(|row| thirds[row].filter(|_| row < 60)).collect();
    let first: Vec<u32> = (0..60).collect();
    let of_part = silhouette(&rows.take(&first), &thirds[..60], Key::new(0)).unwrap();
    assert_eq!(silhouette(&rows, &part, Key::new(0)).unwrap(), of_part);
    for unfit in [vec![Some(4); 90], vec![None; 90], of(|row| row)] {
        assert_eq!(silhouette(&rows, &unfit, Key::new(0)).unwrap_err().code, code::TOO_FEW_ROWS);
        assert_eq!(davies_bouldin(&rows, &unfit).unwrap_err().code, code::TOO_FEW_ROWS);
    }
    assert_eq!(adjusted_rand(&[], &[]), 1.0);
}

#[test]
fn many_rows_are_sampled() {
    let rows = three(score::SILHOUETTE_ROWS + 500);
    let labels: Vec<Label> = (0..rows.rows() as u32).map(|row| Some(row % 3)).collect();
    let found = silhouette(&rows, &labels, Key::new(0)).unwrap();
    assert!(found.sampled && found.rows == score::SILHOUETTE_ROWS && (found.mean - 0.45).abs() < 0.05, "{found:?}");
}

#[test]
fn the_number_of_clusters_is_found() {
    let means = KMeans { count: Count::Best(Count::MOST), ..KMeans::new(1) };
    // Silhouettes of scikit-learn: 0.4996 for 2, 0.4525 for 3, 0.4091 for 4.
    assert_eq!(means.fit(&three(90), None, Key::new(1)).unwrap().count(), 2);
    let apart = features(&[(0..40).map(|row| f64::from(row % 4 * 10) + f64::from(row % 7) / 7.0).collect()]);
    assert_eq!(labels(&means, &apart), "0123".repeat(10));
    let spherical = GaussianMixture { count: Count::Best(6), ..mixture(Covariance::Spherical, 1) };
    assert_eq!(labels(&spherical, &three(90)), "012".repeat(30));
    // Equal rows, or two rows, form one cluster.
    assert_eq!(labels(&means, &features(&[vec![3.0; 5]])), "00000");
    assert_eq!(labels(&spherical, &features(&[vec![3.0; 5]])), "00000");
    assert_eq!(labels(&means, &features(&[vec![3.0, 4.0]])), "00");
    assert_eq!(labels(&means, &features(&[vec![3.0]])), "0");
}

#[test]
fn threads_do_not_change_a_bit() {
    let rows = noise(3000, 5, 1);
    let some = noise(400, 3, 2);
    on_any_threads(|| KMeans::new(7).fit(&rows, None, Key::new(3)).unwrap());
    on_any_threads(|| GaussianMixture::new(3).fit(&rows, None, Key::new(3)).unwrap());
    on_any_threads(|| mixture(Covariance::Diagonal, 3).fit(&rows, None, Key::new(3)).unwrap());
    on_any_threads(|| Dbscan { eps: 0.15, min_rows: 4 }.fit(&rows, None, Key::new(3)).unwrap());
    on_any_threads(|| Hierarchical::new(5).fit(&some, None, Key::new(3)).unwrap());
    let labels: Vec<Label> = (0..3000).map(|row| Some(row % 4)).collect();
    on_any_threads(|| silhouette(&rows, &labels, Key::new(3)).unwrap());
}

fn assert_saved<C: Clusterer>(clusterer: &C, hostile: &[(&str, &str)])
where
    C::Clusters: PartialEq + std::fmt::Debug,
{
    let rows = three(30);
    let fitted = clusterer.fit(&rows, None, Key::new(1)).unwrap();
    assert!(fitted.validate().is_ok());
    let text = serde_json::to_string(&fitted).unwrap();
    let loaded: C::Clusters = serde_json::from_str(&text).unwrap();
    assert_eq!(loaded, fitted);
    let others = noise(50, 4, 9);
    assert_eq!(loaded.assign(&others).unwrap(), fitted.assign(&others).unwrap());
    assert_eq!(fitted.assign(&noise(5, 3, 9)).unwrap_err().code, code::WRONG_WIDTH);
    let holed = features(&[vec![f64::NAN], vec![1.0], vec![1.0], vec![1.0]]);
    assert_eq!(fitted.assign(&holed).unwrap_err().code, code::NON_FINITE);
    // A row further away than any other is still of a cluster, or of none.
    for far in [f64::MAX, -f64::MAX, 1e-300] {
        let far = fitted.assign(&features(&vec![vec![far]; 4])).unwrap()[0];
        assert!(far.is_none_or(|label| (label as usize) < fitted.count()));
    }
    for (from, to) in hostile {
        assert!(text.contains(from), "{from} is not in {text}");
        let loaded: C::Clusters = serde_json::from_str(&text.replacen(from, to, 1)).unwrap();
        assert_eq!(loaded.validate().unwrap_err().code, code::BAD_BUNDLE, "{to}");
    }
}

#[test]
fn saved_clusters_are_the_fitted_ones_and_hostile_files_are_refused() {
    let frame = [("\"size\":", "\"size\":-"), ("\"centre\":[", "\"centre\":[9.0,"), ("\"unit\":", "\"unit\":-")];
    let with = |more: &[(&'static str, &'static str)]| [&frame[..], more].concat();
    assert_saved(
        &KMeans::new(3),
        &with(&[("\"centres\":[[", "\"centres\":[[1.0,"), ("\"inertia\":", "\"inertia\":-")]),
    );
    let hostile = [
        ("\"shares\":[", "\"shares\":[-"),
        ("\"means\":[[", "\"means\":[[1e99,"),
        ("\"covariances\":[[", "\"covariances\":[[-"),
        ("\"weight\":", "\"weight\":-"),
    ];
    COVARIANCES.into_iter().for_each(|covariance| assert_saved(&mixture(covariance, 3), &with(&hostile)));
    let hostile = [("\"limit\":", "\"limit\":-"), ("\"values\":[", "\"values\":[1.0,"), ("\"count\":", "\"count\":0")];
    assert_saved(&Dbscan { eps: 1.0, min_rows: 3 }, &with(&[hostile[0], hostile[1]]));
    let hostile = [("\"heights\":[", "\"heights\":[-"), hostile[1], ("\"labels\":[0,", "\"labels\":[7,")];
    LINKAGES.into_iter().for_each(|linkage| assert_saved(&linked(linkage, 3), &with(&hostile)));
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let rows = three(90);
    let order = Key::new(4).permutation(90);
    let shuffled = rows.take(&order);
    let dbscan = Dbscan { eps: 0.75, min_rows: 3 };
    let same = |found: Vec<Label>, other: Vec<Label>| {
        let found: Vec<Label> = order.iter().map(|&row| found[row as usize]).collect();
        assert_eq!(
            found.iter().map(Option::is_none).collect::<Vec<_>>(),
            other.iter().map(Option::is_none).collect::<Vec<_>>()
        );
        assert_eq!(adjusted_rand(&found, &other), 1.0);
    };
    let of = |rows: &Features| dbscan.fit(rows, None, Key::new(1)).unwrap().assign(rows).unwrap();
    same(of(&rows), of(&shuffled));
    for linkage in LINKAGES {
        let of = |rows: &Features| linked(linkage, 6).fit(rows, None, Key::new(1)).unwrap().assign(rows).unwrap();
        same(of(&rows), of(&shuffled));
    }
    let of = |rows: &Features| KMeans::new(3).fit(rows, None, Key::new(1)).unwrap().assign(rows).unwrap();
    same(of(&rows), of(&shuffled));
}

/// Compares fits with weights 0, 1 and 2 with fits of the rows that often.
#[test]
fn a_weight_of_two_is_the_row_twice() {
    let rows = three(60);
    let weights: Vec<f64> = (0..60).map(|row| f64::from(row % 7 % 3)).collect();
    let times: Vec<u32> = (0..60).flat_map(|row| vec![row; weights[row as usize] as usize]).collect();
    let repeated = rows.take(&times);
    let key = Key::new(2);
    let (weighted, twice) = (KMeans::new(4).fit(&rows, Some(&weights), key), KMeans::new(4).fit(&repeated, None, key));
    let (weighted, twice) = (weighted.unwrap(), twice.unwrap());
    assert_close(weighted.inertia(), twice.inertia());
    assert_eq!(weighted.assign(&rows).unwrap(), twice.assign(&rows).unwrap());
    for covariance in COVARIANCES {
        let of = |rows: &Features, weights: Option<&[f64]>| mixture(covariance, 3).fit(rows, weights, key).unwrap();
        let (weighted, twice) = (of(&rows, Some(&weights)), of(&repeated, None));
        assert_close(weighted.bic(), twice.bic());
        assert_close(weighted.covariances()[1][0], twice.covariances()[1][0]);
    }
    let dbscan = Dbscan { eps: 0.9, min_rows: 4 };
    let (weighted, twice) =
        (dbscan.fit(&rows, Some(&weights), key).unwrap(), dbscan.fit(&repeated, None, key).unwrap());
    assert_eq!(weighted.assign(&rows).unwrap(), twice.assign(&rows).unwrap());
    for linkage in LINKAGES {
        let of = |rows: &Features, weights: Option<&[f64]>| linked(linkage, 5).fit(rows, weights, key).unwrap();
        let (weighted, twice) = (of(&rows, Some(&weights)), of(&repeated, None));
        assert_eq!(weighted.assign(&rows).unwrap(), twice.assign(&rows).unwrap(), "{linkage:?}");
    }
}

#[test]
fn scales_of_any_size_give_the_same_clusters() {
    for scale in [1e150, 1e-150, 1e300, 1e-300, 1e-200] {
        let rows = scaled(&three(60), scale);
        let wanted = "012".repeat(20);
        assert_eq!(labels(&KMeans::new(3), &rows), wanted, "{scale}");
        let dbscan = Dbscan { eps: 1.3 * scale, min_rows: 3 };
        assert_eq!(labels(&dbscan, &rows), labels(&Dbscan { eps: 1.3, min_rows: 3 }, &three(60)), "{scale}");
        for linkage in LINKAGES {
            assert_eq!(labels(&linked(linkage, 4), &rows), labels(&linked(linkage, 4), &three(60)), "{scale}");
        }
        let clusters = KMeans::new(3).fit(&rows, None, Key::new(1)).unwrap();
        assert!(clusters.inertia().is_finite() && clusters.centres().iter().flatten().all(|number| number.is_finite()));
    }
    let huge = GaussianMixture::new(3).fit(&scaled(&three(60), 1e150), None, Key::new(1)).unwrap();
    let usual = GaussianMixture { reg_covar: 0.0, ..GaussianMixture::new(3) };
    let usual = usual.fit(&three(60), None, Key::new(1)).unwrap();
    assert_close(huge.log_likelihood(), usual.log_likelihood() - 4.0 * 1e150_f64.ln());
    // What is added to variances is all that counts.
    let tiny = GaussianMixture::new(3).fit(&scaled(&three(60), 1e-150), None, Key::new(1));
    assert!(tiny.is_ok_and(|tiny| tiny.bic().is_finite()));
    // A large offset hides nothing of what is left of the differences.
    let far: Vec<f64> = three(60).to_column_major().iter().map(|value| value + 1e9).collect();
    let far = Features::new(60, three(60).names().clone(), far);
    assert_eq!(labels(&KMeans::new(3), &far), "012".repeat(20));
    assert_eq!(labels(&GaussianMixture::new(3), &far), "012".repeat(20));
}

#[test]
fn few_and_equal_rows_are_clusters_or_refused() {
    let one = features(&[vec![5.0], vec![-2.0]]);
    assert_eq!(labels(&KMeans::new(1), &one), "0");
    assert_eq!(labels(&GaussianMixture::new(1), &one), "0");
    assert_eq!(labels(&Hierarchical::new(1), &one), "0");
    assert_eq!(labels(&Dbscan { eps: 1.0, min_rows: 1 }, &one), "0");
    assert_eq!(labels(&Dbscan { eps: 1.0, min_rows: 2 }, &one), ".");
    let equal = features(&[vec![5.0; 6], vec![-2.0; 6]]);
    assert_eq!(labels(&KMeans::new(1), &equal), "000000");
    assert_eq!(labels(&Dbscan { eps: 1e-9, min_rows: 6 }, &equal), "000000");
    for rows in [&one, &equal] {
        assert_eq!(refusal(&KMeans::new(2), rows), code::TOO_FEW_ROWS);
        assert_eq!(refusal(&GaussianMixture::new(2), rows), code::TOO_FEW_ROWS);
        assert_eq!(refusal(&Hierarchical::new(2), rows), code::TOO_FEW_ROWS);
    }
    let two = features(&[vec![5.0, 5.0, 7.0], vec![1.0; 3]]);
    assert_eq!(labels(&KMeans::new(2), &two), "001");
    assert_eq!(labels(&Hierarchical::new(2), &two), "001");
    assert_eq!(labels(&GaussianMixture::new(2), &two), "001");
    let singular = GaussianMixture { reg_covar: 0.0, ..GaussianMixture::new(2) };
    assert_eq!(refusal(&singular, &two), code::VALUE_OUT_OF_RANGE);
    // More columns than rows.
    let wide = noise(6, 20, 3);
    for covariance in COVARIANCES {
        let found = mixture(covariance, 2).fit(&wide, None, Key::new(1)).unwrap();
        assert!(found.bic().is_finite());
    }
    assert_eq!(KMeans::new(6).fit(&wide, None, Key::new(1)).unwrap().inertia(), 0.0);
}

#[test]
fn unfit_rows_and_configurations_are_refused() {
    let rows = three(9);
    assert_eq!(refusal(&KMeans::new(0), &rows), code::BAD_VALUE);
    assert_eq!(refusal(&KMeans { starts: 0, ..KMeans::new(2) }, &rows), code::BAD_VALUE);
    assert_eq!(refusal(&KMeans { tolerance: f64::NAN, ..KMeans::new(2) }, &rows), code::BAD_VALUE);
    assert_eq!(refusal(&KMeans { count: Count::Best(1), ..KMeans::new(2) }, &rows), code::BAD_VALUE);
    assert_eq!(refusal(&KMeans::new(10), &rows), code::TOO_FEW_ROWS);
    assert_eq!(refusal(&GaussianMixture { reg_covar: -1.0, ..GaussianMixture::new(2) }, &rows), code::BAD_VALUE);
    assert_eq!(refusal(&Dbscan { eps: 0.0, min_rows: 2 }, &rows), code::BAD_VALUE);
    assert_eq!(refusal(&Dbscan { eps: 1.0, min_rows: 0 }, &rows), code::BAD_VALUE);
    let cut = Hierarchical { linkage: Linkage::Ward, cut: Cut::Distance(f64::INFINITY) };
    assert_eq!(refusal(&cut, &rows), code::BAD_VALUE);
    assert_eq!(refusal(&KMeans::new(1), &three(0)), code::TOO_FEW_ROWS);
    assert_eq!(refusal(&KMeans::new(1), &rows.select(&[])), code::NO_FEATURES);
    assert_eq!(refusal(&Hierarchical::new(1), &features(&[vec![1.0, f64::INFINITY]])), code::NON_FINITE);
    let refused = |weights: &[f64]| KMeans::new(1).fit(&rows, Some(weights), Key::new(1)).unwrap_err().code;
    assert_eq!(refused(&[0.0; 9]), code::BAD_WEIGHT);
    assert_eq!(refused(&[-1.0; 9]), code::BAD_WEIGHT);
    assert_eq!(refused(&[f64::MAX; 9]), code::BAD_WEIGHT);
}

#[test]
fn a_stopped_run_ends() {
    let bounds = pipewright_diagnostic::Bounds::default();
    bounds.stop.set();
    let rows = three(90);
    let (key, code) = (Key::new(1), code::CANCELLED);
    bounds.around(|| {
        assert_eq!(KMeans::new(3).fit(&rows, None, key).unwrap_err().code, code);
        assert_eq!(GaussianMixture::new(3).fit(&rows, None, key).unwrap_err().code, code);
        assert_eq!(Dbscan { eps: 1.0, min_rows: 3 }.fit(&rows, None, key).unwrap_err().code, code);
        assert_eq!(Hierarchical::new(3).fit(&rows, None, key).unwrap_err().code, code);
    });
}

#[test]
fn distances_of_all_pairs_must_fit_into_memory() {
    let memory = pipewright_diagnostic::Memory::Limit(100_000);
    let bounds = pipewright_diagnostic::Bounds { memory, ..Default::default() };
    let (few, many) = (three(90), three(300));
    bounds.around(|| {
        assert!(Hierarchical::new(3).fit(&few, None, Key::new(1)).is_ok());
        assert!(KMeans::new(3).fit(&many, None, Key::new(1)).is_ok());
        assert_eq!(refusal(&Hierarchical::new(3), &many), code::LIMIT_REACHED);
    });
}

/// Bounds skip most distances, but the result is that of comparing all rows with all centres.
#[test]
fn bounds_change_nothing() {
    let rows = noise(2500, 3, 8);
    let (_, points) = frame::points_of(&rows, None).unwrap();
    let begin = start::plus_plus(&points, 9, Key::new(1)).unwrap();
    let found = lloyd::Lloyd::new(&points, begin.clone()).run(7, 0.0).unwrap();
    let mut centres = begin;
    for _ in 0..7 {
        let lanes = lanes::Lanes::new(3, centres.chunks(3));
        let (mut sums, mut counts) = (vec![0.0; 27], vec![0.0; 9]);
        for row in points.values.chunks(3) {
            let place = lanes.nearest(row).0 as usize;
            counts[place] += 1.0;
            sums[place * 3..].iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        centres =
            sums.chunks(3).zip(&counts).flat_map(|(sums, count)| sums.iter().map(move |sum| sum / count)).collect();
    }
    found.centres.iter().zip(&centres).for_each(|(found, wanted)| assert_close(*found, *wanted));
    assert_eq!(found.iterations, 7);
}

#[test]
fn a_cluster_that_lost_its_rows_gets_the_furthest_one() {
    let rows = features(&[vec![0.0, 0.1, 0.2, 10.0, 10.1, 50.0]]);
    let (_, points) = frame::points_of(&rows, None).unwrap();
    // The last centre is nearest to no row.
    let centres = [0, 3].map(|row| points.row(row)[0]).into_iter().chain([-40.0]).collect();
    let found = lloyd::Lloyd::new(&points, centres).run(50, 0.0).unwrap();
    assert_eq!(found.labels, [0, 0, 0, 1, 1, 2]);
    assert!(found.converged);
}
