//! What estimates and actual hours say about an estimator: the ratio of their sums with its interval, and the geometric mean
//! and spread of single ratios.
//!
//! The two answer different questions. A factor is a ratio of sums, so the ratio of sums corrects it. What one estimate is
//! worth is said by the logarithms of single ratios: they are closer to a normal distribution than the ratios.

use super::quantity::Hours;

/// What a task was estimated to take, and what it took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The estimate, more than 0.
    pub estimate: Hours,
    /// What it took, more than 0.
    pub actual: Hours,
}

/// How many tasks an interval, and so a calibration, needs at least.
pub const FEWEST: usize = 5;

/// The ratio of the sum of actual hours to the sum of estimates, with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioOfSums {
    /// Σ actual / Σ estimate.
    pub ratio: f64,
    /// The standard error by the jackknife; `None` below two tasks.
    pub standard_error: Option<f64>,
    /// The interval of 95%, at least 0; `None` below [`FEWEST`] tasks.
    pub interval: Option<[f64; 2]>,
}

/// The mean and the spread of the logarithms of actual / estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logarithms {
    /// The geometric mean of actual / estimate.
    pub geometric_mean: f64,
    /// The sample standard deviation of ln(actual / estimate); `None` below two tasks.
    pub deviation: Option<f64>,
    /// The standard error of the mean logarithm.
    pub standard_error: Option<f64>,
}

impl RatioOfSums {
    /// That of these tasks; `None` without any, or if they have no hours.
    ///
    /// The standard error is that of the delete-one jackknife for a ratio: with R₍ᵢ₎ the ratio without task i and R̄ their
    /// mean, √((n−1)/n · Σ(R₍ᵢ₎ − R̄)²) (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 11). The
    /// interval is the ratio ± t·error, with the 0.975 quantile of Student's t with n−1 degrees of freedom.
    pub fn of(pairs: &[Pair]) -> Option<Self> {
        let sum = |of: fn(&Pair) -> Hours| pairs.iter().map(of).map(Hours::get).sum::<f64>();
        let (estimate, actual) = (sum(|pair| pair.estimate), sum(|pair| pair.actual));
        let ratio = Some(actual / estimate).filter(|ratio| estimate > 0.0 && ratio.is_finite())?;
        let without = |pair: &Pair| (actual - pair.actual.get()) / (estimate - pair.estimate.get());
        let count = pairs.len() as f64;
        let standard_error = (pairs.len() > 1).then(|| {
            let mean = pairs.iter().map(without).sum::<f64>() / count;
            let squares: f64 = pairs.iter().map(|pair| (without(pair) - mean).powi(2)).sum();
            ((count - 1.0) / count * squares).sqrt()
        });
        let standard_error = standard_error.filter(|error| error.is_finite());
        let half = standard_error.filter(|_| pairs.len() >= FEWEST);
        let half = half.map(|error| error * student(count - 1.0));
        Some(Self {
            ratio,
            standard_error,
            interval: half.map(|half| [(ratio - half).max(0.0), ratio + half]),
        })
    }
}

impl Logarithms {
    /// Those of these tasks; `None` without any, or if the hours of one are 0.
    pub fn of(pairs: &[Pair]) -> Option<Self> {
        let logarithm = |pair: &Pair| (pair.actual.get() / pair.estimate.get()).ln();
        let count = pairs.len() as f64;
        let mean = pairs.iter().map(logarithm).sum::<f64>() / count;
        if !mean.is_finite() {
            return None;
        }
        let deviation = (pairs.len() > 1).then(|| {
            let squares: f64 = pairs.iter().map(|pair| (logarithm(pair) - mean).powi(2)).sum();
            (squares / (count - 1.0)).sqrt()
        });
        Some(Self {
            geometric_mean: mean.exp(),
            deviation,
            standard_error: deviation.map(|deviation| deviation / count.sqrt()),
        })
    }
}

/// The 0.975 quantile of the normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;

/// From as many degrees of freedom on, the expansion of Student's t is closer than 0.0000001.
const MANY_DEGREES: f64 = 30.0;

/// The 0.975 quantile of Student's t with these degrees of freedom, a whole number; infinite without any.
pub fn student(degrees: f64) -> f64 {
    if degrees < 1.0 {
        return f64::INFINITY;
    }
    if degrees >= MANY_DEGREES {
        return expanded(degrees);
    }
    // With one degree it is 12.706.
    let (mut low, mut high) = (NORMAL, 13.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        match within(middle, degrees) < 0.95 {
            true => low = middle,
            false => high = middle,
        }
    }
    f64::midpoint(low, high)
}

/// The part of Student's distribution between -t and t, by the finite series 26.7.3 (odd degrees) and 26.7.4 (even) of
/// Abramowitz and Stegun, *Handbook of Mathematical Functions*, 1964.
fn within(t: f64, degrees: f64) -> f64 {
    let angle = (t / degrees.sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let is_odd = degrees % 2.0 != 0.0;
    let mut term = if is_odd { cosine } else { 1.0 };
    let mut sum = if degrees > 1.0 { term } else { 0.0 };
    let mut above = if is_odd { 2.0 } else { 1.0 };
    while above <= degrees - 2.0 {
        term *= above / (above + 1.0) * cosine * cosine;
        sum += term;
        above += 2.0;
    }
    match is_odd {
        true => std::f64::consts::FRAC_2_PI * (angle + sine * sum),
        false => sine * sum,
    }
}

/// The same quantile for many degrees of freedom, by the expansion 26.7.5 of the same book. With 4 degrees it is low by
/// 0.0008.
fn expanded(degrees: f64) -> f64 {
    let power = |exponent| NORMAL.powi(exponent);
    let terms = [
        (power(3) + NORMAL) / 4.0,
        (5.0 * power(5) + 16.0 * power(3) + 3.0 * NORMAL) / 96.0,
        (3.0 * power(7) + 19.0 * power(5) + 17.0 * power(3) - 15.0 * NORMAL) / 384.0,
        (79.0 * power(9) + 776.0 * power(7) + 1482.0 * power(5) - 1920.0 * power(3) - 945.0 * NORMAL)
            / 92160.0,
    ];
    let terms = terms.iter().zip(1..);
    NORMAL
        + terms
            .map(|(term, exponent)| term / degrees.powi(exponent))
            .sum::<f64>()
}

/// The part of the normal distribution below `at` deviations, by 7.1.26 of the same book: it is off by less than 0.0000002.
pub fn normal(at: f64) -> f64 {
    let distance = at.abs() / std::f64::consts::SQRT_2;
    let factor = 1.0 / (1.0 + 0.327_591_1 * distance);
    let terms = [
        0.254_829_592,
        -0.284_496_736,
        1.421_413_741,
        -1.453_152_027,
        1.061_405_429,
    ];
    let sum = terms.iter().rev().fold(0.0, |sum, term| (sum + term) * factor);
    let above = sum * (-distance * distance).exp() / 2.0;
    if at < 0.0 { above } else { 1.0 - above }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(all: &[(f64, f64)]) -> Vec<Pair> {
        let pair = |(estimate, actual): &(f64, f64)| Pair {
            estimate: Hours::new(*estimate).unwrap(),
            actual: Hours::new(*actual).unwrap(),
        };
        all.iter().map(pair).collect()
    }

    fn is_near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9 * other.abs().max(1.0)
    }

    #[test]
    fn three_tasks_have_the_ratio_and_the_error_of_a_hand_computation() {
        // Without the first 5/6, without the second 7/5, without the third 6/3: their mean is 127/90.
        let ratio = RatioOfSums::of(&pairs(&[(1.0, 4.0), (2.0, 2.0), (4.0, 3.0)])).unwrap();
        assert!(is_near(ratio.ratio, 9.0 / 7.0));
        let mean = 127.0 / 90.0;
        let squares: f64 = [5.0 / 6.0, 7.0 / 5.0, 2.0]
            .map(|one: f64| (one - mean).powi(2))
            .iter()
            .sum();
        assert!(is_near(
            ratio.standard_error.unwrap(),
            (2.0 / 3.0 * squares).sqrt()
        ));
        assert_eq!(ratio.interval, None);
    }

    #[test]
    fn with_equal_estimates_the_jackknife_is_the_error_of_a_mean() {
        // For a mean the jackknife is s/√n exactly. The values are Student's own, of the additional hours of sleep by
        // hyoscyamine (Biometrika 6, 1908): mean 0.75, s 1.789010 of ten; shifted by 2, as hours are positive.
        let sleep = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let tasks: Vec<(f64, f64)> = sleep.iter().map(|more| (1.0, more + 2.0)).collect();
        let ratio = RatioOfSums::of(&pairs(&tasks)).unwrap();
        assert!(is_near(ratio.ratio, 2.75));
        assert!((ratio.standard_error.unwrap() - 0.565_734_5).abs() < 1e-6);
        let [low, high] = ratio.interval.unwrap();
        assert!(
            (low - 1.470_2).abs() < 1e-3 && (high - 4.029_8).abs() < 1e-3,
            "{low} {high}"
        );
    }

    #[test]
    fn logarithms_have_a_mean_a_deviation_and_an_error() {
        let logarithms = Logarithms::of(&pairs(&[(1.0, 1.0), (2.0, 4.0), (1.0, 4.0)])).unwrap();
        let two = 2.0_f64.ln();
        assert!(is_near(logarithms.geometric_mean, 2.0));
        assert!(is_near(logarithms.deviation.unwrap(), two));
        assert!(is_near(logarithms.standard_error.unwrap(), two / 3.0_f64.sqrt()));
    }

    #[test]
    fn quantiles_are_those_of_a_printed_table() {
        // Abramowitz and Stegun, table 26.10; 120 degrees are the last before the normal distribution.
        for (degrees, quantile) in [
            (1.0, 12.706),
            (2.0, 4.303),
            (3.0, 3.182),
            (4.0, 2.776),
            (5.0, 2.571),
            (6.0, 2.447),
            (9.0, 2.262),
            (10.0, 2.228),
            (20.0, 2.086),
            (29.0, 2.045),
            (30.0, 2.042),
            (60.0, 2.000),
            (120.0, 1.980),
        ] {
            assert!((student(degrees) - quantile).abs() <= 5.1e-4, "{degrees}");
        }
        assert_eq!(student(0.0), f64::INFINITY);
        // Where one way to compute them follows the other, they agree.
        assert!((student(29.0) - expanded(29.0)).abs() < 1e-6);
        assert!((within(student(30.0), 30.0) - 0.95).abs() < 1e-8);
    }

    #[test]
    fn too_few_tasks_and_no_hours_have_no_figures() {
        assert_eq!((RatioOfSums::of(&[]), Logarithms::of(&[])), (None, None));
        assert_eq!(RatioOfSums::of(&pairs(&[(0.0, 1.0)])), None);
        assert_eq!(Logarithms::of(&pairs(&[(1.0, 0.0)])), None);
        let one = pairs(&[(2.0, 3.0)]);
        let ratio = RatioOfSums::of(&one).unwrap();
        assert_eq!(
            (ratio.ratio, ratio.standard_error, ratio.interval),
            (1.5, None, None)
        );
        assert_eq!(Logarithms::of(&one).unwrap().deviation, None);
        // One task has all estimated hours, so that the others have no ratio.
        let odd = pairs(&[(1.0, 1.0), (0.0, 1.0)]);
        assert_eq!(RatioOfSums::of(&odd).unwrap().standard_error, None);
        let equal = vec![pairs(&[(2.0, 3.0)])[0]; FEWEST];
        assert_eq!(RatioOfSums::of(&equal).unwrap().interval, Some([1.5, 1.5]));
    }
}
