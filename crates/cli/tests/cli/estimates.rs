//! docs/costs.md says nothing that the program does not.

use crate::world::World;

const PAGE: &str = include_str!("../../../../docs/costs.md");
const COMMAND: &str = "agent-runner cost --estimate";

/// The words behind the program's name.
fn words(command: &str) -> Vec<&str> {
    command.split_whitespace().skip(1).collect()
}

#[test]
fn what_the_page_shows_is_what_the_commands_print() {
    let world = World::new();
    let blocks = PAGE.split("```console\n$ ").skip(1);
    let shown = blocks.map(|block| block.split("\n```").next().unwrap());
    let mut count = 0;
    for (command, wanted) in shown.filter_map(|block| block.split_once('\n')) {
        assert!(command.starts_with(COMMAND), "{command}");
        assert_eq!(world.line(&words(command)), wanted, "{command}");
        count += 1;
    }
    assert!(count > 0, "the page shows no command");
}

/// Rows of tables: a command in its first column, and after it what it says a job costs, an idle month, a month.
#[test]
fn every_number_of_the_tables_comes_from_its_command() {
    let world = World::new();
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let mut count = 0;
    for (command, cells) in rows.filter(|(command, _)| command.starts_with(COMMAND)) {
        let printed = world.line(&words(command));
        let totals = printed.lines().filter_map(|line| line.strip_prefix("together"));
        let totals: Vec<_> = totals.map(str::trim).collect();
        let cells: Vec<_> = cells.trim_end_matches(" |").split(" | ").collect();
        assert_eq!(totals[..cells.len()], cells, "{command}");
        count += 1;
    }
    assert!(count > 0, "the page has no table");
}

#[test]
fn a_wrong_plan_is_told_what_would_be_right() {
    let world = World::new();
    let region = ["cost", "--estimate", "--region", "mars-1"];
    world.run(&region).with_code(2).saying(&["mars-1", "us-east-1"]);
    world.run(&["cost", "--jobs", "5"]).with_code(2).saying(&["--estimate"]);
    world.run(&["cost", "--estimate", "--jobs", "many"]).with_code(2).saying(&["whole number"]);
    world
        .run(&["cost", "--estimate", "--model-tokens", "7"])
        .with_code(2)
        .saying(&["READ,WRITTEN"]);
    let prices = world.path("prices.json");
    std::fs::write(&prices, "{}").unwrap();
    let own = ["cost", "--estimate", "--prices", prices.to_str().unwrap()];
    world.run(&own).with_code(2).saying(&["prices.json", "date"]);
}
