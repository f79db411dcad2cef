//! Plans that are none, and questions that fail.

use agent_runner_domain::{
    event::StepStatus,
    job::{CauseKind, RetryAdvice},
};
use agent_runner_model_sim::Answer;
use serde_json::json;

use super::{PLAN, SYNTHESIS, answered, partial, plan, refuse, research, say, steps};

#[tokio::test]
async fn a_question_that_fails_is_a_finding_that_says_so() {
    let site = research(json!({})).await;
    let world = site.simulator.world();
    refuse(world, "Question: What of B?", 529);
    let result = site.result().await;
    assert_eq!(answered(&result), [true, false, true]);
    let missed = &result["findings"][1];
    assert_eq!(missed["question"], "What of B?");
    assert!(missed["error"].as_str().unwrap().contains("HTTP 529, overloaded_error"), "{missed}");
    let events = site.gateway.heard().events.clone();
    assert!(steps(&events, StepStatus::Failed).contains(&"question-2"));
    assert_eq!(steps(&events, StepStatus::Done).len(), 4);
    // The synthesis is told, too.
    assert_eq!(world.paid(), 4);
    let asked = world.bodies().pop().unwrap()["messages"][0]["content"][0]["text"].to_string();
    assert!(asked.contains(r"[2] What of B?\n(not answered: "), "{asked}");
}

#[tokio::test]
async fn a_model_that_refuses_or_says_nothing_has_not_answered() {
    let site = research(json!({})).await;
    let refusal = Some("refusal".to_owned());
    let refusal = Answer { stop_reason: refusal, ..Answer::text("I will not.") };
    say(site.simulator.world(), "Question: What of A?", refusal);
    say(site.simulator.world(), "Question: What of B?", Answer::text(" "));
    let cut = Some("max_tokens".to_owned());
    let cut = Answer { stop_reason: cut, ..Answer::text("It begins") };
    say(site.simulator.world(), "Question: What of C?", cut);
    let result = site.result().await;
    assert_eq!(answered(&result), [false, false, true]);
    let error = |at: usize| result["findings"][at]["error"].as_str().unwrap();
    assert!(error(0).contains("the model refused to answer"), "{}", error(0));
    assert_eq!(error(1), "the model ended without an answer");
    let notice = "the answer is cut off after 4096 tokens; a greater `depth` allows longer ones";
    assert_eq!(result["findings"][2]["notice"], notice);
}

#[tokio::test]
async fn if_the_model_answers_no_question_only_a_users_retry_asks_it_again() {
    let site = research(json!({})).await;
    let world = site.simulator.world();
    for name in ["A", "B", "C"] {
        say(world, &format!("Question: What of {name}?"), Answer::text(" "));
    }
    let failure = site.failure().await;
    assert_eq!((failure.kind, failure.retry), (CauseKind::ProviderError, RetryAdvice::GiveUp));
    site.gateway.next_attempt();
    assert_eq!(site.failure().await, failure);
    assert_eq!(world.paid(), 4);

    site.gateway.retry();
    assert_eq!(answered(&site.result().await), [true, true, true]);
    assert_eq!(world.paid(), 8);
}

#[tokio::test]
async fn if_all_questions_fail_the_job_does_and_another_attempt_asks_only_them_again() {
    let site = research(json!({})).await;
    let world = site.simulator.world();
    for name in ["A", "B", "C"] {
        refuse(world, &format!("Question: What of {name}?"), 500);
    }
    let failure = site.failure().await;
    assert_eq!((failure.kind, failure.retry), (CauseKind::ProviderError, RetryAdvice::Retry));
    assert!(failure.message.starts_with("none of the 3 questions was answered"), "{failure:?}");
    assert!(failure.message.contains("`partial-result.json`"), "{failure:?}");
    assert_eq!(answered(&partial(&site)), [false, false, false]);

    site.gateway.next_attempt();
    assert_eq!(answered(&site.result().await), [true, true, true]);
    assert_eq!((world.paid(), world.paid_again()), (5, 0));
}

#[tokio::test]
async fn a_synthesis_that_fails_leaves_the_findings_and_is_all_that_is_tried_again() {
    let site = research(json!({})).await;
    let world = site.simulator.world();
    refuse(world, "Question: What of B?", 529);
    refuse(world, SYNTHESIS, 529);
    let failure = site.failure().await;
    assert_eq!((failure.kind, failure.retry), (CauseKind::ProviderError, RetryAdvice::Retry));
    assert_eq!(answered(&partial(&site)), [true, false, true]);
    assert_eq!(partial(&site).get("synthesis"), None);

    site.gateway.next_attempt();
    let result = site.result().await;
    assert_eq!(answered(&result), [true, false, true], "the findings stay what they were");
    assert_eq!((world.paid(), world.paid_again()), (4, 0));
}

#[tokio::test]
async fn a_plan_that_is_none_is_asked_for_once_more() {
    let site = research(json!({})).await;
    let world = site.simulator.world();
    world.forget_answers();
    say(world, PLAN, Answer::text("1. What of A?\n2. What of B?"));
    let good = json!({"approach": "", "questions": ["D?", "E?", "F?"]});
    let wrong = "it is not the JSON that was asked for";
    say(world, wrong, Answer::text(good.to_string()));
    let result = site.result().await;
    assert_eq!(result["findings"][2]["question"], "F?");
    assert_eq!((world.paid(), world.paid_again()), (6, 0));
}

#[tokio::test]
async fn a_model_that_cannot_plan_is_the_cause_of_the_jobs_end() {
    let site = research(json!({})).await;
    let world = site.simulator.world();
    world.forget_answers();
    plan(world, &["A?", "B?", "C?", "D?"]);
    let same = json!({"approach": "", "questions": ["A?", "A?", "A?"]});
    say(world, "That cannot be used: `questions` has 4 entries", Answer::text(same.to_string()));
    let failure = site.failure().await;
    assert_eq!((failure.kind, failure.retry), (CauseKind::ProviderError, RetryAdvice::GiveUp));
    let said = "claude-sonnet-5-5 made no plan that can be used, and neither when it was told so: \
        question 2 is the same as an earlier one";
    assert!(failure.message.starts_with(said), "{}", failure.message);
    assert_eq!(world.paid(), 2);
    assert_eq!(steps(&site.gateway.heard().events, StepStatus::Failed), ["plan"]);

    // As when the worker is killed before its last word: nothing is paid to hear the same again.
    site.gateway.next_attempt();
    assert_eq!(site.failure().await, failure);
    assert_eq!(world.paid(), 2);

    // Who retries the job does not get the same answers again.
    site.gateway.retry();
    plan(world, &["What of A?", "What of B?", "What of C?"]);
    assert_eq!(answered(&site.result().await), [true, true, true]);
    assert_eq!(world.paid(), 7);
}

#[tokio::test]
async fn a_topic_that_the_model_refuses_is_said_to_be_refused() {
    let site = research(json!({})).await;
    let world = site.simulator.world();
    world.forget_answers();
    let refusal = Some("refusal".to_owned());
    say(world, PLAN, Answer { stop_reason: refusal, ..Answer::text("No.") });
    let failure = site.failure().await;
    assert!(
        failure.message.starts_with("the research was not planned: the model refused to answer"),
        "{}",
        failure.message
    );
    assert_eq!(world.paid(), 1);
}
