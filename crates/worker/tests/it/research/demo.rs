//! What people see who try a research without a key.

use agent_runner_domain::event::{EventBody, LogStream};
use serde_json::json;

use super::{answered, pages::Pages};
use crate::claude::Site;

#[tokio::test]
async fn a_demonstration_plans_reads_the_page_that_the_topic_names_and_concludes() {
    let pages = Pages::start().await;
    let topic = format!("What does {} say about the sea?", pages.at("a"));
    let payload = json!({"topic": topic, "tools": ["http_fetch"]});
    let site = Site::start("research", payload).await;
    site.simulator.world().speak_to_people();
    site.gateway.set("AGENT_RUNNER_DEMO", "1");
    site.gateway.set("AGENT_RUNNER_TOOLS_ALLOW_PRIVATE", "1");
    let result = site.result().await;
    assert_eq!(result["demo"], true);
    assert_eq!(answered(&result), [true, true, true, true]);
    let sources = json!([{"tool": "http_fetch", "url": pages.at("a"), "questions": [1, 2, 3, 4]}]);
    assert_eq!(result["sources"], sources);
    let asked = result["findings"][0]["question"].as_str().unwrap();
    assert!(asked.starts_with("What is known about \u{201c}What does http://"), "{asked}");
    let synthesis = result["synthesis"].as_str().unwrap();
    assert!(synthesis.contains("[4]"), "{synthesis}");
    let first = site.gateway.heard().events[0].body.clone();
    assert!(
        matches!(&first, EventBody::Log { stream: LogStream::Worker, line } if line.starts_with("demo:")),
        "{first:?}"
    );
}
