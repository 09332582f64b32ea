//! Gauss–Legendre quadrature.

/// Nodes and weights that integrate polynomials of degree up to 2·N - 1 over [0, 1] exactly. The nodes are the roots of the
/// Legendre polynomial, by Newton's method from the cosines that approximate them.
pub(crate) fn gauss<const N: usize>() -> [(f64, f64); N] {
    let mut rule = [(0.5, 1.0); N];
    for (place, of) in rule.iter_mut().enumerate() {
        let mut x = (std::f64::consts::PI * (place as f64 + 0.75) / (N as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..20 {
            let value;
            (value, slope) = legendre(N, x);
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        *of = (f64::midpoint(1.0, -x), 1.0 / ((1.0 - x * x) * slope * slope));
    }
    rule
}

/// The Legendre polynomial of a degree from 1 on, and its derivative.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut last, mut value) = (1.0, x);
    for next in 2..=degree {
        let next = next as f64;
        (last, value) = (value, ((2.0 * next - 1.0) * x * value - (next - 1.0) * last) / next);
    }
    (value, degree as f64 * (x * value - last) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const N: usize>() {
        let rule = gauss::<N>();
        assert!(rule.windows(2).all(|pair| pair[0].0 < pair[1].0) && rule[0].0 > 0.0 && rule[N - 1].0 < 1.0);
        for degree in 0..2 * N as i32 {
            let found: f64 = rule.iter().map(|(x, weight)| weight * x.powi(degree)).sum();
            assert!((found * f64::from(degree + 1) - 1.0).abs() < 1e-12, "{N} {degree} {found}");
        }
    }

    #[test]
    fn polynomials_are_integrated_exactly() {
        check::<2>();
        check::<4>();
        check::<8>();
        check::<16>();
        check::<32>();
        check::<64>();
    }
}
