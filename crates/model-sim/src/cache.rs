//! Prompt caching: the longest beginning that was seen before is read, the rest is written.

use serde_json::Value;

use crate::tokens;
use crate::world::{World, digest};

/// Tokens of a prompt by how they were paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) read: u64,
    pub(crate) written: u64,
}

/// `parts` are the prompt in order, from what changes least to what is new.
pub(crate) fn split(world: &World, parts: &[&Value]) -> Split {
    let mut memory = world.memory();
    let (mut so_far, mut tokens, mut read) = (String::new(), 0, 0);
    for part in parts {
        let text = part.to_string();
        tokens += tokens::of(&text);
        so_far = digest(&format!("{so_far}{text}"));
        if !memory.cached.insert(so_far.clone()) {
            read = tokens;
        }
    }
    Split { read, written: tokens - read }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_beginning_that_was_seen_is_read() {
        let world = World::default();
        let (system, turn) = (json!("be brief and good"), json!("hi"));
        let first = split(&world, &[&system]);
        assert_eq!(first, Split { read: 0, written: 5 });
        assert_eq!(split(&world, &[&system, &turn]), Split { read: 5, written: 1 });
    }
}
