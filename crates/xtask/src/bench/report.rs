//! The figures, for people and for programs.

use std::fmt;

use serde::Serialize;

use super::{Part, machine::Machine};

#[derive(Debug, Serialize)]
pub(super) struct Report {
    machine: Machine,
    quick: bool,
    figures: Vec<Figure>,
}

/// One thing measured, beside the least that it could be.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    part: char,
    what: String,
    value: f64,
    unit: Unit,
    floors: Vec<Floor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<Goal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<bool>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Floor {
    pub(super) what: &'static str,
    pub(super) value: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    PerSecond,
    Milliseconds,
    Microseconds,
    /// Of 1,000,000 bytes.
    Megabytes,
    Times,
    Count,
}

pub(super) fn letter(part: Part) -> char {
    match part {
        Part::A => 'a',
        Part::B => 'b',
        Part::C => 'c',
        Part::D => 'd',
        Part::E => 'e',
        Part::F => 'f',
        Part::G => 'g',
        Part::H => 'h',
        Part::I => 'i',
        Part::J => 'j',
    }
}

impl Report {
    pub(super) fn new(machine: Machine, quick: bool) -> Self {
        Self { machine, quick, figures: Vec::new() }
    }

    pub(super) fn add(&mut self, figure: Figure) {
        eprintln!("  {}: {}", figure.what, figure.unit.show(figure.value));
        self.figures.push(figure);
    }
}

impl Figure {
    pub(super) fn new(part: Part, what: impl Into<String>, value: f64, unit: Unit) -> Self {
        let (part, what) = (letter(part), what.into());
        Self { part, what, value, unit, floors: Vec::new(), goal: None, reached: None }
    }

    pub(super) fn floor(mut self, what: &'static str, value: f64) -> Self {
        self.floors.push(Floor { what, value });
        self
    }

    pub(super) fn goal(self, goal: Goal) -> Self {
        let reached = match goal {
            Goal::AtLeast(bound) => self.value >= bound,
            Goal::AtMost(bound) => self.value <= bound,
        };
        Self { goal: Some(goal), reached: Some(reached), ..self }
    }

    fn row(&self) -> [String; 6] {
        let each = |show: &dyn Fn(&Floor) -> String| {
            let shown: Vec<_> = self.floors.iter().map(show).collect();
            if shown.is_empty() { "–".to_owned() } else { shown.join("; ") }
        };
        [
            format!("({}) {}", self.part, self.what),
            self.unit.show(self.value),
            each(&|floor| format!("{} {}", floor.what, self.unit.show(floor.value))),
            each(&|floor| format!("{:.2}", self.value / floor.value)),
            self.goal.map_or_else(|| "–".into(), |goal| goal.show(self.unit)),
            match self.reached {
                Some(true) => "yes".into(),
                Some(false) => "NO".into(),
                None => "–".into(),
            },
        ]
    }
}

impl Goal {
    fn show(self, unit: Unit) -> String {
        match self {
            Self::AtLeast(bound) => format!("≥ {}", unit.show(bound)),
            Self::AtMost(bound) => format!("≤ {}", unit.show(bound)),
        }
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::Microseconds => format!("{value:.1} µs"),
            Self::Megabytes => format!("{value:.1} MB"),
            Self::Times => format!("{value:.2}×"),
            Self::Count => format!("{value}"),
        }
    }
}

/// A table in Markdown, so that it can be kept.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { date, cores, processor, memory_gb, system } = &self.machine;
        let how = if self.quick { ", quick" } else { "" };
        writeln!(f, "{date}, {cores} cores ({processor}), {memory_gb} GB, {system}{how}\n")?;
        let head = ["what", "value", "floor", "value ÷ floor", "goal", "reached"];
        let mut rows = vec![head.map(str::to_owned)];
        rows.extend(self.figures.iter().map(Figure::row));
        let width = |column: usize| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let widths = [0, 1, 2, 3, 4, 5].map(width);
        for (index, row) in rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")?;
            if index == 0 {
                widths.iter().try_for_each(|width| write!(f, "|{}", "-".repeat(width + 2)))?;
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}
