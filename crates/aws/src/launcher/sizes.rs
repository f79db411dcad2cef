//! The machines that there are families of task definitions for.

use agent_runner_domain::job::{CPU_UNIT, MachineSize};

/// A size, with the part of the family's name that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub name: &'static str,
    pub machine: MachineSize,
}

const fn size(name: &'static str, cpu_units: u32, memory_mb: u32) -> Size {
    Size { name, machine: MachineSize { cpu_units, memory_mb } }
}

/// From the smallest to the largest, which holds everything that can be wished for. Infrastructure makes a family of
/// each, by [`crate::Names::worker_family`].
pub const SIZES: [Size; 5] = [
    size("small", CPU_UNIT / 4, 512),
    size("medium", CPU_UNIT, 2_048),
    size("large", 2 * CPU_UNIT, 8_192),
    size("xlarge", 4 * CPU_UNIT, 16_384),
    size("huge", 16 * CPU_UNIT, 122_880),
];

/// The smallest size that holds the wish, and the next larger one.
pub(super) fn ladder(wish: MachineSize) -> &'static [Size] {
    let holds = |size: &Size| {
        size.machine.cpu_units >= wish.cpu_units && size.machine.memory_mb >= wish.memory_mb
    };
    let first = SIZES.iter().position(holds).unwrap_or(SIZES.len() - 1);
    &SIZES[first..(first + 2).min(SIZES.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_gets_the_smallest_machine_that_holds_it() {
        let names = |cpu_units, memory_mb| {
            let sizes = ladder(MachineSize { cpu_units, memory_mb });
            sizes.iter().map(|size| size.name).collect::<Vec<_>>()
        };
        assert_eq!(names(256, 512), ["small", "medium"]);
        assert_eq!(names(256, 1_024), ["medium", "large"]);
        assert_eq!(names(1_024, 8_192), ["large", "xlarge"]);
        assert_eq!(names(4_096, 30_720), ["huge"]);
        assert_eq!(names(16_384, 122_880), ["huge"]);
    }
}
