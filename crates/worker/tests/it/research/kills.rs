//! Workers that are killed or stopped in the middle of a research, and those that come after them.

use std::time::{Duration, Instant};

use agent_runner_domain::{Money, event::StepStatus, job::CauseKind};
use serde_json::{Value, json};

use super::{
    PLAN, SYNTHESIS, answered, hang, pages::Pages, plan, research, research_with, spare, steps,
};
use crate::{
    claude::Site,
    gateway::{Heard, Script},
    process::Worker,
};

async fn kill(site: &Site, mut worker: Worker) {
    worker.kill();
    worker.end().await;
    site.gateway.next_attempt();
}

fn has(heard: &Heard, key: &str) -> bool {
    heard.steps.iter().any(|(known, _)| known == key)
}

/// Plan, three questions, synthesis: in every attempt one call is answered, and the worker is killed in the next.
#[tokio::test]
async fn a_research_that_is_killed_in_each_of_its_calls_pays_each_once() {
    let site = research(json!({"max_parallel": 1})).await;
    let world = site.simulator.world();
    for number in 1..=4 {
        spare(world, "");
        hang(world, "");
        let worker = Worker::start(&site.gateway);
        site.gateway.until(|_| (world.heard() == 2 * number).then_some(())).await;
        kill(&site, worker).await;
    }
    let result = site.result().await;
    assert_eq!(answered(&result), [true, true, true]);
    assert_eq!((world.paid(), world.paid_again()), (5, 0));
    let events = site.gateway.heard().events.clone();
    let done = ["plan", "question-1", "question-2", "question-3"];
    assert_eq!(steps(&events, StepStatus::Resumed), done);
    assert_eq!(steps(&events, StepStatus::Done), ["synthesis"]);
    assert!(result["usage"]["output_tokens"].as_u64().unwrap() > 30, "of all attempts: {result}");
}

/// One question is answered, one is about to look something up, and one has read its page.
#[tokio::test]
async fn questions_beside_each_other_go_on_where_they_were() {
    let pages = Pages::start().await;
    let site = research(json!({"tools": ["http_fetch"]})).await;
    site.gateway.set("AGENT_RUNNER_TOOLS_ALLOW_PRIVATE", "1");
    let world = site.simulator.world();
    world.forget_answers();
    plan(world, &pages.questions().each_ref().map(String::as_str));
    hang(world, "Question: Look at b");
    spare(world, "Question: Look at c");
    hang(world, "Question: Look at c");
    let worker = Worker::start(&site.gateway);
    let seen = |heard: &Heard| {
        let all = has(heard, "question-1") && has(heard, "question-3/turn/1/tool/1");
        (all && world.heard() == 6).then_some(())
    };
    site.gateway.until(seen).await;
    assert_eq!(pages.hits(), ["/a", "/c"], "in whichever order");
    kill(&site, worker).await;

    // The next one dies in the synthesis.
    hang(world, SYNTHESIS);
    let worker = Worker::start(&site.gateway);
    site.gateway.until(|_| (world.heard() == 10).then_some(())).await;
    kill(&site, worker).await;

    let result = site.result().await;
    assert_eq!(answered(&result), [true, true, true]);
    assert_eq!((world.paid(), world.paid_again()), (8, 0));
    assert_eq!(pages.hits(), ["/a", "/b", "/c"], "none of them twice");
    assert_eq!(result["sources"].as_array().unwrap().len(), 3);
    assert_eq!(site.gateway.cost().await.calls, 8 + 3, "three are held of which nobody knows");
}

#[tokio::test]
async fn a_worker_killed_before_its_last_word_is_heard_leaves_nothing_to_pay() {
    let deaf = |script| Script { deaf_at_the_end: true, ..script };
    let site = research_with(json!({}), deaf).await;
    let worker = Worker::start(&site.gateway);
    let first = site.gateway.result().await;
    kill(&site, worker).await;
    let second = site.result().await;
    for name in ["topic", "research_plan", "findings", "sources", "synthesis", "usage"] {
        assert_eq!(first[name], second[name]);
    }
    assert_eq!((site.simulator.world().paid(), site.simulator.world().paid_again()), (5, 0));
}

async fn in_the_middle(more: Value) -> (Site, Worker) {
    let heartbeat = Duration::from_millis(100);
    let site = research_with(more, |script| Script { heartbeat, ..script }).await;
    let world = site.simulator.world();
    for question in ["A", "B", "C"] {
        let long = agent_runner_model_sim::Answer::text("word ".repeat(2_000));
        super::say(world, &format!("Question: What of {question}"), long);
    }
    world.set_pace(Duration::from_millis(8));
    let worker = Worker::start(&site.gateway);
    (site, worker)
}

#[tokio::test]
async fn a_stop_ends_all_questions_at_once_and_counts_what_they_had_said() {
    for is_cancelled in [true, false] {
        let (site, mut worker) = in_the_middle(json!({})).await;
        let world = site.simulator.world();
        site.gateway.until(|_| (world.paid() == 4).then_some(())).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let begin = Instant::now();
        if is_cancelled {
            site.gateway.say_stop();
        } else {
            worker.terminate();
        }
        assert_eq!(worker.code().await, Some(if is_cancelled { 75 } else { 143 }));
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        let cost = site.gateway.cost().await;
        assert_eq!((cost.calls, cost.held), (4, Money::ZERO), "{cost:?}");
        if !is_cancelled {
            assert_eq!(site.gateway.failure().await.kind, CauseKind::Interrupted);
        }
        assert!(steps(&site.gateway.heard().events, StepStatus::Failed).is_empty());
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!((world.heard(), world.paid()), (4, 4));
    }
}

#[tokio::test]
async fn after_a_stop_no_question_is_begun() {
    let (site, mut worker) = in_the_middle(json!({"max_parallel": 1})).await;
    let world = site.simulator.world();
    site.gateway.until(|_| (world.paid() == 2).then_some(())).await;
    worker.terminate();
    assert_eq!(worker.code().await, Some(143));
    let events = site.gateway.heard().events.clone();
    assert_eq!(steps(&events, StepStatus::Begun), ["plan", "question-1"]);
    assert_eq!(world.heard(), 2);
}

#[tokio::test]
async fn a_plan_that_was_made_is_kept_when_the_worker_is_killed_in_the_first_call() {
    let site = research(json!({})).await;
    let world = site.simulator.world();
    hang(world, PLAN);
    let worker = Worker::start(&site.gateway);
    site.gateway.until(|_| (world.heard() == 1).then_some(())).await;
    kill(&site, worker).await;
    assert_eq!(answered(&site.result().await), [true, true, true]);
    assert_eq!((world.heard(), world.paid()), (6, 5));
}
