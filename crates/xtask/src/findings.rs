//! What a check found wrong, and how it ends.

use std::process::ExitCode;

/// Prints the outcome of a check: one line per fault, or one line saying what was looked at.
pub(crate) fn conclude(check: &str, looked_at: &str, faults: &[String]) -> ExitCode {
    if faults.is_empty() {
        println!("{check}: {looked_at}, all well");
        return ExitCode::SUCCESS;
    }
    for fault in faults {
        eprintln!("{check}: {fault}");
    }
    ExitCode::FAILURE
}
