use std::time::{Duration, Instant};

use agent_runner_llm::{Advice, ErrorKind};
use agent_runner_model_sim::Fault;

use super::{clients, request, simulator};

#[tokio::test]
async fn two_refusals_are_survived_and_paid_once() {
    let sim = simulator().await;
    for (client, model) in clients(&sim) {
        sim.world().add_fault(Fault {
            status: Some(529),
            retry_after: Some("0.01".into()),
            times: Some(2),
            ..Fault::default()
        });
        let before = sim.world().paid();
        client.complete(&request(model, "hi")).await.unwrap();
        assert_eq!(sim.world().paid(), before + 1);
    }
}

#[tokio::test]
async fn faults_can_hide_in_the_name_of_the_model() {
    let sim = simulator().await;
    for (client, model) in clients(&sim) {
        let refused = request(&format!("{model}+status=500+retry-after=0.01+times=1"), "hi");
        assert_eq!(client.complete(&refused).await.unwrap().model, model);
        let limited = request(&format!("{model}+status=429"), "hi");
        let error = client.complete(&limited).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::RateLimit);
        assert!(matches!(error.advice, Advice::CoolDown(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_stream_can_break_anywhere() {
    let sim = simulator().await;
    for (client, model) in clients(&sim) {
        for fault in ["cut=6", "error=6"] {
            let prompt = request(&format!("{model}+{fault}"), &format!("write 50 words {fault}"));
            let paid = sim.world().paid();
            let error = client.stream(&prompt).await.unwrap().finish().await.unwrap_err();
            let expected = [ErrorKind::Cut, ErrorKind::Overloaded, ErrorKind::Server];
            assert!(expected.contains(&error.kind), "{error:?}");
            assert!(error.spent.is_some_and(|spent| spent.streamed_chars > 0));
            assert_eq!(
                sim.world().paid(),
                paid + 1,
                "a broken answer is paid for, and not repeated"
            );
        }
    }
}

#[tokio::test]
async fn a_start_can_be_slow_and_a_stream_paced() {
    let sim = simulator().await;
    sim.world().set_pace(Duration::from_millis(5));
    for (client, model) in clients(&sim) {
        let began = Instant::now();
        let prompt = request(&format!("{model}+slow=150"), "hi");
        client.stream(&prompt).await.unwrap().finish().await.unwrap();
        assert!(began.elapsed() > Duration::from_millis(180), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_fault_may_be_for_certain_prompts_and_what_was_paid_again_is_counted() {
    let sim = simulator().await;
    for (client, model) in clients(&sim) {
        let before = sim.world().paid_again();
        let (contains, times) = ("second".into(), Some(3));
        let retry_after = Some("0.01".into());
        let fault = Fault { contains, status: Some(500), retry_after, times, ..Fault::default() };
        sim.world().add_fault(fault);
        client.complete(&request(model, "the first")).await.unwrap();
        let error = client.complete(&request(model, "the second")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Server);
        assert_eq!(sim.world().paid_again(), before);
        client.complete(&request(model, "the first")).await.unwrap();
        assert_eq!(sim.world().paid_again(), before + 1);
    }
    assert_eq!((sim.world().heard(), sim.world().paid()), (10, 4));
}
