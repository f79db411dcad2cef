//! What a check found wrong, and how it ends.

use anyhow::bail;

/// Prints the outcome of a check: one line per fault, or one line saying what was looked at.
pub(crate) fn conclude(check: &str, looked_at: &str, faults: &[String]) -> anyhow::Result<()> {
    if faults.is_empty() {
        println!("{check}: {looked_at}, all well");
        return Ok(());
    }
    for fault in faults {
        eprintln!("{check}: {fault}");
    }
    bail!("{check}: {} of these to fix", faults.len());
}
