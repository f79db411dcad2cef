//! Reads lines in portions that fit into one request.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use crate::{failure::Failure, payload};

/// What the server takes in one request.
const JOBS_MAX: usize = 10_000;
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// A file of jobs, one a line.
pub(super) struct Lines {
    name: String,
    reader: Box<dyn BufRead>,
    /// The number of the last line that was read.
    number: usize,
    /// A line that did not fit into the portion before.
    held: Option<(usize, String)>,
}

/// Lines for one request; blank ones are left out.
#[derive(Debug, Default)]
pub(super) struct Portion {
    pub(super) text: String,
    /// The number in the file of each line.
    pub(super) numbers: Vec<usize>,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::of("standard input", Box::new(BufReader::new(io::stdin()))));
        }
        let file = File::open(path).map_err(|error| payload::unreadable(path, &error))?;
        Ok(Self::of(&path.display().to_string(), Box::new(BufReader::new(file))))
    }

    fn of(name: &str, reader: Box<dyn BufRead>) -> Self {
        Self { name: name.to_owned(), reader, number: 0, held: None }
    }

    /// `None` at the end.
    pub(super) fn portion(&mut self) -> Result<Option<Portion>, Failure> {
        let mut portion = Portion::default();
        while let Some((number, line)) = self.line()? {
            if !portion.numbers.is_empty() && portion.text.len() + line.len() > BYTES_MAX {
                self.held = Some((number, line));
                break;
            }
            portion.text.push_str(&line);
            portion.text.push('\n');
            portion.numbers.push(number);
            if portion.numbers.len() == JOBS_MAX {
                break;
            }
        }
        Ok(Some(portion).filter(|portion| !portion.numbers.is_empty()))
    }

    /// The next line that is not blank.
    fn line(&mut self) -> Result<Option<(usize, String)>, Failure> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        loop {
            let mut line = String::new();
            self.number += 1;
            let read = self.reader.read_line(&mut line).map_err(|error| {
                Failure::usage(format!(
                    "{} cannot be read at line {}: {error}",
                    self.name, self.number
                ))
            })?;
            if read == 0 {
                return Ok(None);
            }
            if !line.trim().is_empty() {
                return Ok(Some((self.number, line.trim().to_owned())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portions(text: String) -> Vec<Portion> {
        let mut lines = Lines::of("test", Box::new(io::Cursor::new(text)));
        std::iter::from_fn(|| lines.portion().unwrap()).collect()
    }

    #[test]
    fn lines_keep_their_numbers_whatever_is_blank() {
        let portions = portions("\n a \r\n\n\nb".to_owned());
        assert_eq!(portions.len(), 1);
        assert_eq!((portions[0].text.as_str(), &portions[0].numbers), ("a\nb\n", &vec![2, 5]));
    }

    #[test]
    fn a_portion_is_bounded_in_lines_and_bytes() {
        let many = portions("x\n".repeat(JOBS_MAX + 1));
        assert_eq!(many.iter().map(|p| p.numbers.len()).collect::<Vec<_>>(), [JOBS_MAX, 1]);
        let long = "x".repeat(BYTES_MAX / 2);
        let portions = portions([long.as_str(); 3].join("\n"));
        assert!(portions.iter().all(|portion| portion.text.len() <= BYTES_MAX + 1));
        let numbers: Vec<_> = portions.into_iter().flat_map(|portion| portion.numbers).collect();
        assert_eq!(numbers, [1, 2, 3]);
    }
}
