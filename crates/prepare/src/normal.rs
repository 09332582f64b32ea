//! Quantiles of the normal distribution.

/// Returns the quantile of the standard normal distribution for a probability between 0 and 1, with relative error of
/// about 1e-16 (Wichura 1988: algorithm AS 241, PPND16); infinite at 0 and 1.
pub(super) fn quantile_of_normal(share: f64) -> f64 {
    let off = share - 0.5;
    if off.abs() <= 0.425 {
        return off * ratio(0.180_625 - off * off, &MIDDLE_OVER, &MIDDLE_UNDER);
    }
    let tail = if off < 0.0 { share } else { 1.0 - share };
    let root = (-tail.ln()).sqrt();
    let size = match root {
        root if root.is_infinite() => f64::INFINITY,
        root if root <= 5.0 => ratio(root - 1.6, &NEAR_OVER, &NEAR_UNDER),
        root => ratio(root - 5.0, &FAR_OVER, &FAR_UNDER),
    };
    size.copysign(off)
}

fn ratio(at: f64, over: &[f64; 8], under: &[f64; 8]) -> f64 {
    let polynomial = |factors: &[f64; 8]| factors.iter().rev().fold(0.0, |sum, factor| sum * at + factor);
    polynomial(over) / polynomial(under)
}

const MIDDLE_OVER: [f64; 8] = [
    3.387_132_872_796_366_5,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const MIDDLE_UNDER: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_659_7e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_854e3,
];
const NEAR_OVER: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const NEAR_UNDER: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_OVER: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_UNDER: [f64; 8] = [
    1.0,
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `scipy.special.ndtri` 1.17.
    #[test]
    fn known_quantiles() {
        let known = [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.1, -1.281_551_565_544_600_4),
            (0.925, 1.439_531_470_938_456),
            (0.001, -3.090_232_306_167_813),
            (1e-7, -5.199_337_582_192_816_5),
            (1e-12, -7.034_483_825_301_131),
            (1e-300, -37.047_096_299_361_2),
        ];
        for (share, expected) in known {
            let found = quantile_of_normal(share);
            assert!((found - expected).abs() <= 1e-14 * f64::abs(expected), "{share}: {found} for {expected}");
        }
        assert_eq!(quantile_of_normal(0.0), f64::NEG_INFINITY);
        assert_eq!(quantile_of_normal(1.0), f64::INFINITY);
    }
}
