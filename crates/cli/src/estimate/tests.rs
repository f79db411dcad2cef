//! Sums worked out by hand, from round numbers for what was measured.

use super::{
    measured::{Calls, Measured},
    *,
};

fn plan() -> Plan {
    Plan {
        region: "us-east-1".to_owned(),
        jobs: 0.0,
        job_seconds: 45.0,
        start_seconds: 15.0,
        size: Size::Small,
        architecture: Architecture::Arm64,
        spot: false,
        orchestrators: 1.0,
        orchestrator_spot: false,
        api: false,
        free_allowances: false,
        model_call: None,
    }
}

fn measured() -> Measured {
    let reads = |table_reads| Calls { table_reads, ..Calls::default() };
    Measured {
        date: "a day".to_owned(),
        source: "nobody".to_owned(),
        job: Calls {
            table_writes: 30.0,
            table_reads: 4.0,
            queue_requests: 10.0,
            ..Calls::default()
        },
        job_minute: reads(2.0),
        busy_minute: Calls { queue_requests: 20.0, ..reads(110.0) },
        idle_minute: Calls { queue_requests: 20.0, ..reads(10.0) },
        job_log_bytes: 2_000.0,
        job_table_bytes: 4_000.0,
        image_bytes: 40e6,
    }
}

fn estimate(plan: &Plan) -> Estimate {
    plan.estimate_by(&PriceList::built_in(), &measured()).unwrap()
}

#[track_caller]
fn is(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < wanted.abs() * 1e-9, "{found} instead of {wanted}");
}

fn line<'a>(part: &'a Part, item: &str) -> &'a Line {
    part.lines
        .iter()
        .find(|line| line.item == item)
        .unwrap_or_else(|| panic!("no {item}: {part:?}"))
}

#[test]
fn a_job_costs_a_minute_of_a_machine_and_its_calls() {
    let job = estimate(&plan()).job;
    // 0.25 × 0.03238 / 60
    is(line(&job, "Fargate, worker's processor").usd, 0.000_134_916_666_666_67);
    // 0.5 × 0.00356 / 60
    is(line(&job, "Fargate, worker's memory").usd, 0.000_029_666_666_666_67);
    // 0.005 / 60
    is(line(&job, "Public IPv4 addresses").usd, 0.000_083_333_333_333_33);
    // 30 × 0.625 millionths
    is(line(&job, "DynamoDB, writes").usd, 0.000_018_75);
    // (4 + 2 × 45/60) × 0.125 millionths
    is(line(&job, "DynamoDB, reads").usd, 0.000_000_687_5);
    // 10 × 0.40 millionths
    is(line(&job, "SQS, requests").usd, 0.000_004);
    // 4,000 bytes at 0.25 and at 0.20 a gigabyte; 2,000 bytes at 0.50 and at 0.03
    is(line(&job, "DynamoDB, storage").usd, 0.000_001);
    is(line(&job, "DynamoDB, point-in-time recovery").usd, 0.000_000_8);
    is(line(&job, "CloudWatch, logs written").usd, 0.000_001);
    is(line(&job, "CloudWatch, logs kept").usd, 0.000_000_06);
    is(job.total_usd, 0.000_274_214_166_666_67);
    is(job.without_machines_usd, 0.000_026_297_5);
    assert_eq!(job.lines.len(), 10);
}

#[test]
fn a_short_job_is_billed_for_a_minute_and_a_long_one_for_what_it_takes() {
    let processor = |job_seconds| {
        let job = estimate(&Plan { job_seconds, ..plan() }).job;
        line(&job, "Fargate, worker's processor").usd
    };
    is(processor(1.0), processor(45.0));
    is(processor(3_585.0), 0.25 * 0.03238);
}

#[test]
fn spot_and_the_other_architecture_have_their_prices() {
    let x86 = Plan { architecture: Architecture::X86_64, spot: true, size: Size::Huge, ..plan() };
    let job = estimate(&x86).job;
    // 16 × 0.04048 × 0.3 / 60 and 120 × 0.004445 × 0.3 / 60
    is(line(&job, "Fargate, worker's processor").usd, 0.003_238_4);
    is(line(&job, "Fargate, worker's memory").usd, 0.002_667);
}

#[test]
fn an_idle_month_is_what_terraform_makes() {
    let idle = estimate(&plan()).idle_month;
    // 730 × 0.25 × 0.03238 and 730 × 0.5 × 0.00356
    is(line(&idle, "Fargate, orchestrator's processor").usd, 5.909_35);
    is(line(&idle, "Fargate, orchestrator's memory").usd, 1.299_4);
    is(line(&idle, "Public IPv4 addresses").usd, 3.65);
    // 43,800 minutes × 10 at 0.125, and × 20 at 0.40, a million
    is(line(&idle, "DynamoDB, reads").usd, 0.054_75);
    is(line(&idle, "SQS, requests").usd, 0.350_4);
    is(line(&idle, "Secrets Manager, secrets").usd, 1.2);
    is(line(&idle, "CloudWatch, alarms").usd, 0.9);
    is(line(&idle, "CloudWatch, dashboard").usd, 3.0);
    is(line(&idle, "ECR, images").usd, 0.004);
    is(idle.total_usd, 16.367_9);
    assert_eq!(idle.lines.len(), 9);
}

#[test]
fn what_is_free_is_taken_off_once() {
    let free = Plan { free_allowances: true, ..plan() };
    let idle = estimate(&free).idle_month;
    // Without 3.00 for the dashboard, 0.90 for alarms, 0.3504 for 876,000 requests of a million
    is(idle.total_usd, 12.117_5);
    let two = estimate(&Plan { orchestrators: 2.0, jobs: 10_000.0, ..free }).month;
    // 2 × 876,000 + 100,000 − 1,000,000 at 0.40 a million
    is(line(&two, "SQS, requests").usd, 0.340_8);
    is(line(&two, "Fargate, orchestrator's processor").usd, 11.818_7);
}

#[test]
fn a_month_is_its_jobs_and_the_idle_month_and_what_looking_costs_more() {
    let estimate = estimate(&Plan { jobs: 1_000.0, ..plan() });
    // 1,000 minutes × 100 reads more at 0.125 a million, and 4 metrics of 0.30
    let more = 0.012_5 + 1.2;
    is(estimate.month.total_usd, estimate.idle_month.total_usd + 0.274_214_166_666_67 + more);
    // Jobs that come closer together than they last share the looks.
    let many = super::Plan { jobs: 1e6, ..plan() };
    let reads = self::estimate(&many).month;
    // 1,000,000 × 5.5 + 43,800 × (10 + 100)
    is(line(&reads, "DynamoDB, reads").quantity, 10_318_000.0);
}

#[test]
fn an_api_has_requests_and_a_zone_and_models_have_their_prices() {
    let tokens = Tokens { read: 100_000, written: 1_000 };
    let model_call = Some(ModelCall { model: "claude-sonnet-5-5".to_owned(), tokens });
    let estimate = estimate(&Plan { api: true, model_call, ..plan() });
    is(line(&estimate.job, "API Gateway, requests").usd, 0.000_002);
    is(line(&estimate.idle_month, "Route 53, zone of service discovery").usd, 0.5);
    // 100,000 at 2 dollars a million, 1,000 at 10
    is(line(&estimate.job, "Models").usd, 0.21);
}

#[test]
fn what_has_no_price_is_told_and_what_has_one_is_named() {
    let said = |plan: Plan| plan.estimate(&PriceList::built_in()).unwrap_err();
    let nowhere = said(Plan { region: "mars-1".to_owned(), ..plan() });
    assert!(nowhere.contains("mars-1") && nowhere.contains("eu-west-1, us-east-1"), "{nowhere}");
    let model = "nobody/x".to_owned();
    let tokens = Tokens { read: 1, written: 1 };
    let unpriced = said(Plan { model_call: Some(ModelCall { model, tokens }), ..plan() });
    assert!(unpriced.contains("no price"), "{unpriced}");
    assert!("1".parse::<Tokens>().unwrap_err().contains("READ,WRITTEN"));
}

#[test]
fn every_line_can_be_worked_out_again_from_what_it_says() {
    let everything = Plan { jobs: 500.0, api: true, free_allowances: true, ..plan() };
    let Estimate { job, idle_month, month, .. } =
        everything.estimate(&PriceList::built_in()).unwrap();
    for Part { lines, total_usd, .. } in [job, idle_month, month] {
        let mut sum = 0.0;
        for Line { quantity, free, price_usd, price_per, usd, how, .. } in lines {
            assert!((usd - (quantity - free).max(0.0) * price_usd / price_per).abs() < 1e-12);
            assert!(!how.is_empty());
            sum += usd;
        }
        is(sum, total_usd);
    }
}
