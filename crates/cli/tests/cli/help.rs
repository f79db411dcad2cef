//! What is said before anything is done.

use crate::world::World;

#[test]
fn the_help_is_what_we_decided_it_to_be() {
    insta::assert_snapshot!(World::new().line(&["--help"]));
}

#[test]
fn the_help_of_run_is_what_we_decided_it_to_be() {
    insta::assert_snapshot!(World::new().line(&["run", "--help"]));
}

#[test]
fn every_shell_gets_its_completions() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(world.line(&["completions", shell]).contains("doctor"), "{shell}");
    }
}
