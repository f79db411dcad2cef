//! What things cost, and what they may.

use serde_json::{Value, json};

use crate::world::World;

const CHAT: [&str; 4] = ["run", "--demo", "claude_chat", "prompt=hello"];

fn chat(world: &World, more: &[&str]) {
    world.run(&[&CHAT[..], more].concat()).succeeded();
}

#[test]
fn costs_are_told_in_every_way_to_group_them() {
    let world = World::new();
    chat(&world, &["--tag", "team=red"]);
    chat(&world, &["model=claude-haiku-5-5"]);
    let rows = |by: &str| {
        let report = world.json(&["cost", "--by", by, "--since", "1d", "--json"]);
        let row =
            |row: &Value| (row["key"].as_str().unwrap().to_owned(), row["calls"].as_u64().unwrap());
        report["rows"].as_array().unwrap().iter().map(row).collect::<Vec<_>>()
    };
    let is = |rows: Vec<(String, u64)>, wanted: &[(&str, u64)]| {
        let wanted: Vec<_> =
            wanted.iter().map(|(key, calls)| ((*key).to_owned(), *calls)).collect();
        assert_eq!(rows, wanted);
    };
    is(rows("type"), &[("claude_chat", 2)]);
    is(rows("model"), &[("anthropic/claude-haiku-5-5", 1), ("anthropic/claude-sonnet-5-5", 1)]);
    is(rows("tag=team"), &[("", 1), ("red", 1)]);
    is(rows("tenant"), &[("default", 2)]);
    assert_eq!(rows("day").len(), 1);
    let table = world.line(&["cost", "--by", "tag=team"]);
    assert!(table.contains("(none)") && table.contains("red") && table.contains("$0.0"), "{table}");
    world.run(&["cost", "--by", "hour"]).with_code(2).saying(&["tag=KEY"]);
    assert!(world.line(&["list"]).contains("COST"));
}

#[test]
fn a_job_says_what_it_has_cost() {
    let world = World::new();
    world.run(&["run", "echo", "message=x"]).succeeded();
    assert!(!world.line(&["list"]).contains("COST"));
    chat(&world, &["--budget-usd", "0.5"]);
    let job = world.json(&["list", "--json", "-n", "1"]);
    assert_eq!((&job["cost"]["calls"], &job["budget_usd"]), (&json!(1), &json!(0.5)));
    let total = job["cost"]["total_usd"].as_f64().unwrap();
    assert!(total > 0.0);
    let id = job["job_id"].as_str().unwrap();
    let shown = world.line(&["get", id]);
    assert!(shown.contains("cost        $0.00") && shown.contains("budget      $0.50"), "{shown}");
    assert_eq!(world.json(&["cost", id, "--json"])["total_usd"].as_f64(), Some(total));
    assert!(world.line(&["cost", id]).contains("for 1 call"));
}

#[test]
fn what_has_no_price_is_never_free() {
    let world = World::new();
    let ended = world.run(&[&CHAT[..], &["model=anthropic/sim-unheard-of"]].concat()).succeeded();
    assert!(!ended.err.contains('$'), "{}", ended.err);
    ended.saying(&["1 unpriced · 1 call"]);
    assert!(world.line(&["cost"]).contains("1 unpriced"));
    let refused = [&CHAT[..], &["model=anthropic/sim-unheard-of", "--budget-usd", "1"]].concat();
    world.run(&refused).with_code(1).saying(&["budget_exceeded", "price"]);
}

#[test]
fn a_call_that_a_budget_has_no_room_for_is_not_made() {
    let world = World::new();
    let ended = world.run(&[&CHAT[..], &["--budget-usd", "0.0001"]].concat()).with_code(1);
    assert_eq!(ended.out, "");
    ended.saying(&["budget_exceeded", "0.0001"]);
    assert_eq!(world.json(&["list", "--json"])["cost"]["total_usd"], 0.0);
    for wrong in ["0", "-1", "much"] {
        world
            .run(&[&CHAT[..], &["--budget-usd", wrong]].concat())
            .with_code(2)
            .saying(&["dollars"]);
    }
}

#[test]
fn what_an_agent_had_when_its_money_ran_out_is_kept() {
    let world = World::new();
    let agent =
        ["run", "--demo", "tool_agent", "prompt=What is 6 * 7?", r#"tools:=["calculator"]"#];
    let refused = world.run(&[&agent[..], &["--budget-usd", "0.00001"]].concat()).with_code(1);
    let (_, most) = refused.err.split_once("the next call may cost $").unwrap();
    let one_call = most.split(';').next().unwrap();
    let ended = world.run(&[&agent[..], &["--budget-usd", one_call]].concat()).with_code(1);
    ended.saying(&["budget_exceeded", "partial-result.json", "1 call"]);
    let id = world.json(&["list", "--json", "-n", "1"])["job_id"].as_str().unwrap().to_owned();
    let partial = world.json(&["artifacts", &id, "partial-result.json", "--output", "-"]);
    assert_eq!(partial["tool_calls"][0]["output"], "42", "{partial}");
}

#[test]
fn a_tenant_spends_no_more_a_day_than_it_may() {
    let world = World::new();
    assert!(world.line(&["budget"]).contains("no limit"));
    let set = world.line(&["budget", "set", "default", "0.0001"]);
    assert!(set.contains("$0.0001") && set.contains("$0"), "{set}");
    world.run(&CHAT).with_code(1).saying(&["budget_exceeded", "tenant default"]);
    assert_eq!(world.json(&["budget", "--json"])["usd_per_day"], 0.0001);
    assert!(world.line(&["budget", "lift", "default"]).contains("no limit"));
    chat(&world, &[]);
    world.run(&["budget", "set", "default", "lots"]).with_code(2).saying(&["5.00"]);
}
