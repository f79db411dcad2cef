//! Whose turn it is: urgent bands first, and none for ever.

use super::bands::Band;

/// How often in a row a band is passed over before it goes first once.
const PASSED_OVER_MAX: u32 = 16;
/// What it gets then of what is asked for.
const SHARE: usize = 4;

/// How often each band was passed over since it was last served.
#[derive(Default)]
pub(super) struct Turns([u32; Band::ALL.len()]);

impl Turns {
    /// Bands to be asked, in order, each with the most it may give.
    pub(super) fn plan(&self, max: usize) -> Vec<(Band, usize)> {
        let starved = |band: &Band| self.0[band.index()] >= PASSED_OVER_MAX;
        let first = Band::ALL.into_iter().filter(starved).map(|band| (band, max.div_ceil(SHARE)));
        first.chain(Band::ALL.map(|band| (band, max))).collect()
    }

    pub(super) fn passed_over(&mut self, band: Band) {
        self.0[band.index()] += 1;
    }

    pub(super) fn served(&mut self, band: Band) {
        self.0[band.index()] = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_that_was_passed_over_for_long_goes_first_with_a_share() {
        let mut turns = Turns::default();
        assert_eq!(turns.plan(8), [(Band::High, 8), (Band::Normal, 8), (Band::Low, 8)]);
        for _ in 0..PASSED_OVER_MAX {
            turns.passed_over(Band::Low);
        }
        assert_eq!(turns.plan(8)[..2], [(Band::Low, 2), (Band::High, 8)]);
        assert_eq!(turns.plan(1)[0], (Band::Low, 1));
        turns.served(Band::Low);
        assert_eq!(turns.plan(8).len(), 3);
    }
}
