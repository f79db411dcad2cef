//! What one worker will do.

use crate::world::{Millis, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Succeeds,
    /// Another attempt may help.
    Fails,
    FailsForEver,
    OutOfMemory,
    /// Its machine is taken away.
    TakenAway,
    /// It ends without a word.
    Vanishes,
    /// It never says that it runs.
    NeverStarts,
    /// It never ends by itself; it may still say that it lives.
    Hangs {
        speaks: bool,
    },
}

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) begin_after: Millis,
    /// Between steps.
    pub(super) pause: Millis,
    /// Lines printed in each step.
    pub(super) steps: Vec<u64>,
    pub(super) ending: Ending,
    /// At which place in its script it dies.
    pub(super) dies_at: Option<u32>,
    /// It does not hear that it shall end, and must be killed.
    pub(super) deaf: bool,
}

impl Plan {
    pub(super) fn draw(world: &mut World) -> Self {
        let wild = world.chance(if world.fair_since.is_some() { 0.1 } else { 0.5 });
        let ending = if wild { Self::wild_ending(world) } else { Ending::Succeeds };
        let rng = &mut world.rng;
        let slow = wild && rng.u8(..5) == 0;
        let steps = (0..rng.usize(..4)).map(|_| rng.u64(..4)).collect();
        Self {
            begin_after: if slow { rng.i64(5_000..40_000) } else { rng.i64(1..200) },
            pause: if rng.bool() { rng.i64(1..500) } else { rng.i64(1..25_000) },
            steps,
            ending,
            dies_at: (wild && rng.u8(..3) == 0).then(|| rng.u32(1..12)),
            deaf: wild && rng.bool(),
        }
    }

    fn wild_ending(world: &mut World) -> Ending {
        match world.rng.u8(..12) {
            0 => Ending::FailsForEver,
            1 => Ending::OutOfMemory,
            2 => Ending::TakenAway,
            3 => Ending::Vanishes,
            4 | 8 => Ending::NeverStarts,
            5 => Ending::Hangs { speaks: true },
            6 => Ending::Hangs { speaks: false },
            7 => Ending::Succeeds,
            _ => Ending::Fails,
        }
    }
}
