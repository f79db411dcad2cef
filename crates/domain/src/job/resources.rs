//! What a job asks of the machine that its worker runs on.

use serde::{Deserialize, Serialize};

/// What is absent is up to the platform. Only platforms that give each job a machine of its own hold it; on one
/// machine for all, jobs with wishes run beside those without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// In 1/1024 of a virtual processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_units: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<Architecture>,
    /// Whether cheap machines will do that may be taken away at two minutes' notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    Arm64,
    #[serde(rename = "x86_64")]
    X86_64,
}

/// A machine's processor and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MachineSize {
    pub cpu_units: u32,
    pub memory_mb: u32,
}

/// What is wrong with a wish for resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcesFault {
    /// The field by its name in a submission: `cpu` or `memory_mb`.
    pub field: &'static str,
    pub message: String,
}

/// One virtual processor.
pub const CPU_UNIT: u32 = 1_024;

/// Fargate's sizes: units of processor, and the least memory, the most, and the step in between.
const SIZES: [(u32, u32, u32, u32); 7] = [
    (256, 512, 2_048, 512),
    (512, 1_024, 4_096, 1_024),
    (1_024, 2_048, 8_192, 1_024),
    (2_048, 4_096, 16_384, 1_024),
    (4_096, 8_192, 30_720, 1_024),
    (8_192, 16_384, 61_440, 4_096),
    (16_384, 32_768, 122_880, 8_192),
];
/// A quarter of a processor has no 1.5 GB.
const GAP: (u32, u32) = (256, 1_536);

impl Architecture {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}

impl Resources {
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The smallest machine that is wished for; `None`: anything will do.
    ///
    /// # Errors
    /// When there is no such machine.
    pub fn size(&self) -> Result<Option<MachineSize>, ResourcesFault> {
        let size = match (self.cpu_units, self.memory_mb) {
            (None, None) => return Ok(None),
            (Some(cpu_units), memory_mb) => {
                let row = SIZES.iter().find(|row| row.0 == cpu_units).ok_or_else(no_such_cpu)?;
                let memory_mb = memory_mb.unwrap_or(row.1);
                if !offers(row, memory_mb) {
                    return Err(no_such_memory(row, memory_mb));
                }
                MachineSize { cpu_units, memory_mb }
            }
            (None, Some(memory_mb)) => {
                let row = SIZES.iter().find(|row| offers(row, memory_mb));
                let row = row.ok_or_else(|| no_memory_at_all(memory_mb))?;
                MachineSize { cpu_units: row.0, memory_mb }
            }
        };
        Ok(Some(size))
    }
}

fn offers((cpu, least, most, step): &(u32, u32, u32, u32), memory_mb: u32) -> bool {
    (*least..=*most).contains(&memory_mb)
        && (memory_mb - least).is_multiple_of(*step)
        && (*cpu, memory_mb) != GAP
}

fn no_such_cpu() -> ResourcesFault {
    let message = "must be 0.25, 0.5, 1, 2, 4, 8 or 16 virtual processors".to_owned();
    ResourcesFault { field: "cpu", message }
}

fn no_such_memory(row: &(u32, u32, u32, u32), memory_mb: u32) -> ResourcesFault {
    let (cpu, least, most, step) = *row;
    let cpus = f64::from(cpu) / f64::from(CPU_UNIT);
    let choice = if cpu == GAP.0 {
        "512, 1024 or 2048".to_owned()
    } else {
        format!("{least} to {most} in steps of {step}")
    };
    let message = format!("{memory_mb} does not go with {cpus} virtual processors: take {choice}");
    ResourcesFault { field: "memory_mb", message }
}

fn no_memory_at_all(memory_mb: u32) -> ResourcesFault {
    let message = format!(
        "no machine has {memory_mb}: take 512, 1024 to 30720 in steps of 1024, to 61440 in steps of 4096, \
         or to 122880 in steps of 8192"
    );
    ResourcesFault { field: "memory_mb", message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(cpu_units: Option<u32>, memory_mb: Option<u32>) -> Result<Option<(u32, u32)>, String> {
        let wish = Resources { cpu_units, memory_mb, ..Resources::default() };
        let pair = |size: MachineSize| (size.cpu_units, size.memory_mb);
        wish.size().map(|size| size.map(pair)).map_err(|fault| fault.message)
    }

    #[test]
    fn what_is_not_said_is_the_least_that_goes_with_the_rest() {
        assert_eq!(size(None, None), Ok(None));
        assert_eq!(size(Some(256), None), Ok(Some((256, 512))));
        assert_eq!(size(Some(4_096), None), Ok(Some((4_096, 8_192))));
        assert_eq!(size(None, Some(512)), Ok(Some((256, 512))));
        assert_eq!(size(None, Some(3_072)), Ok(Some((512, 3_072))));
        assert_eq!(size(None, Some(122_880)), Ok(Some((16_384, 122_880))));
        assert_eq!(size(Some(16_384), Some(40_960)), Ok(Some((16_384, 40_960))));
    }

    #[test]
    fn machines_that_do_not_exist_are_refused_with_those_that_do() {
        assert!(size(Some(300), None).unwrap_err().contains("0.25, 0.5, 1"));
        let gap = size(Some(256), Some(1_536)).unwrap_err();
        assert!(gap.contains("0.25 virtual processors: take 512, 1024 or 2048"), "{gap}");
        let small = size(Some(1_024), Some(512)).unwrap_err();
        assert!(small.contains("take 2048 to 8192 in steps of 1024"), "{small}");
        for wrong in [0, 1, 513, 122_881, 200_000, u32::MAX] {
            assert!(size(None, Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn wishes_survive_their_json_and_no_wish_is_empty() {
        let wish = Resources {
            cpu_units: Some(512),
            memory_mb: None,
            architecture: Some(Architecture::X86_64),
            spot: Some(false),
        };
        let text = serde_json::to_string(&wish).unwrap();
        assert_eq!(text, r#"{"cpu_units":512,"architecture":"x86_64","spot":false}"#);
        assert_eq!(serde_json::from_str::<Resources>(&text).unwrap(), wish);
        assert!(serde_json::from_str::<Resources>("{}").unwrap().is_default());
    }
}
