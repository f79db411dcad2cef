//! Sentences that people have reported, and what they must be taken for.

use super::*;

const GOLDEN: &[(&str, Meaning)] = &[
    (
        "InvalidParameterException: Error retrieving security group information for [sg-1]: Request limit exceeded. (ErrorCode: RequestLimitExceeded)",
        Throttled,
    ),
    (
        "InvalidParameterException: Error retrieving subnet information for [subnet-1]: Rate exceeded",
        Throttled,
    ),
    ("ThrottlingException: Rate exceeded", Throttled),
    ("RESOURCE:CPU", Capacity),
    ("RESOURCE:MEMORY", Capacity),
    ("RESOURCE:ENI", Capacity),
    ("RESOURCE:PORTS", Capacity),
    (
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
        Capacity,
    ),
    ("You've reached the limit on the number of tasks you can run concurrently", Capacity),
    ("You’ve reached the limit on the number of vCPUs you can run concurrently", Capacity),
    ("The requested CPU configuration is above your limit", Capacity),
    (
        "Unexpected EC2 error while attempting to create network interface in subnet 'subnet-1': InsufficientFreeAddressesInSubnet",
        Capacity,
    ),
    ("OutOfMemoryError: Container killed due to memory usage", OutOfMemory),
    ("Your Spot Task was interrupted.", Interrupted),
    (
        "ECS is performing maintenance on the underlying infrastructure hosting the task",
        Interrupted,
    ),
    ("Timeout waiting for network interface provisioning to complete.", Transient),
    ("Timeout waiting for EphemeralStorage provisioning to complete.", Transient),
    (
        "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: unexpected status code 503",
        Transient,
    ),
    (
        "CannotPullContainerError: failed to do request: Head \"https://1.dkr.ecr.eu-west-1.amazonaws.com/v2/w/manifests/1\": dial tcp 10.0.0.1:443: i/o timeout",
        Transient,
    ),
    (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): unexpected EOF",
        Transient,
    ),
    ("CannotPullContainerError: toomanyrequests: You have reached your pull limit", Transient),
    ("CannotPullContainerError: 1.dkr.ecr.eu-west-1.amazonaws.com/worker:9: not found", Permanent),
    (
        "CannotPullContainerError: pull access denied for worker, repository does not exist or may require 'docker login'",
        Permanent,
    ),
    (
        "CannotPullContainerError: failed to resolve reference: unexpected status code 403 Forbidden",
        Permanent,
    ),
    (
        "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'",
        Permanent,
    ),
    ("CannotPullContainerError: write /x: no space left on device", Permanent),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): AccessDeniedException",
        Permanent,
    ),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. dial tcp: i/o timeout",
        Permanent,
    ),
    (
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
        Permanent,
    ),
    (
        "CannotStartContainerError: OCI runtime create failed: exec: \"/worker\": stat /worker: no such file or directory",
        Permanent,
    ),
    ("ClientException: Unable to find task definition: agent-runner-worker-small-arm64", Permanent),
    ("ClientException: TaskDefinition is inactive", Permanent),
    ("ClusterNotFoundException: Cluster not found.", Permanent),
    (
        "InvalidParameterException: Error retrieving subnet information for [subnet-1]: The subnet ID 'subnet-1' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
        Permanent,
    ),
    (
        "InvalidParameterException: The specified capacity provider 'FARGATE_SPOT' was not found. Specify a valid name or ARN and try again.",
        Permanent,
    ),
    (
        "AccessDeniedException: User: arn:aws:sts::1:assumed-role/o/i is not authorized to perform: ecs:RunTask",
        Permanent,
    ),
    (
        "AccessDeniedException: User: arn:aws:sts::1:assumed-role/o/i is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/worker because no identity-based policy allows the iam:PassRole action",
        Permanent,
    ),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: User: arn:aws:sts::1:assumed-role/e/i is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-1:1:secret:k because no identity-based policy allows the secretsmanager:GetSecretValue action",
        Permanent,
    ),
    (
        "CannotPullContainerError: failed to resolve reference: User: arn:aws:sts::1:assumed-role/e/i is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:1:repository/w",
        Permanent,
    ),
    (
        "ClientException: User is not authorized to perform: ecs:RunTask with an explicit deny: insufficient rights on the capacity provider",
        Permanent,
    ),
    ("InvalidParameterException: Container Overrides length must be at most 8192", Permanent),
    (
        "ClientException: ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided for this task.",
        Permanent,
    ),
    ("BlockedException: Your AWS account is currently blocked. Contact AWS Support.", Permanent),
];

#[test]
fn failure_mode_09_every_known_sentence_has_its_meaning() {
    for (text, expected) in GOLDEN {
        assert_eq!(meaning(text), Some(*expected), "{text}");
    }
    for unknown in ["", "something new", "ContainerRuntimeTimeoutError: Could not transition"] {
        assert_eq!(meaning(unknown), None, "{unknown}");
    }
}

fn stop(code: &'static str, reason: &'static str) -> Stop<'static> {
    Stop { code: Some(code), reason: Some(reason), ..Stop::default() }
}

#[test]
fn failure_mode_06_a_task_without_containers_is_judged_by_its_stop_code() {
    let missing = exit(stop("TaskFailedToStart", "CannotPullContainerError: w:9: not found"));
    assert!(missing.lasting && missing.evidence.exit_code.is_none());
    assert_eq!(missing.evidence.stop_code.as_deref(), Some("TaskFailedToStart"));
    let late =
        exit(stop("TaskFailedToStart", "Timeout waiting for network interface provisioning"));
    assert!(!late.lasting && !late.interrupted && !late.out_of_memory);
    let new = exit(stop("SomethingNew", "what nobody knows"));
    assert_eq!(
        new,
        Exit {
            evidence: Evidence { stop_code: Some("SomethingNew".into()), ..Evidence::default() },
            reason: Some("what nobody knows".into()),
            ..Exit::default()
        }
    );
}

#[test]
fn failure_mode_07_zero_is_an_exit_code_and_no_success() {
    let ended = exit(Stop {
        exit_code: Some(0),
        ..stop("EssentialContainerExited", "Essential container in task exited")
    });
    assert_eq!((ended.evidence.exit_code, &ended.reason), (Some(0), &None));
    assert!(!ended.lasting, "the worker ran");
}

#[test]
fn failure_mode_17_a_killed_worker_has_run_out_of_memory_unless_it_was_stopped() {
    let killed = |code| exit(Stop { exit_code: Some(137), ..stop(code, "") });
    assert!(killed("EssentialContainerExited").out_of_memory);
    assert!(!killed("UserInitiated").out_of_memory, "StopTask kills as well");
    assert!(!killed("SpotInterruption").out_of_memory);
    let told = exit(Stop {
        container_reason: Some("OutOfMemoryError: Container killed due to memory usage"),
        ..stop("EssentialContainerExited", "Essential container in task exited")
    });
    assert!(told.out_of_memory && told.reason.unwrap().starts_with("OutOfMemoryError"));
}

#[test]
fn failure_mode_18_a_machine_that_was_taken_away_is_an_interruption() {
    for code in ["SpotInterruption", "TerminationNotice", "InfrastructureHealth"] {
        let taken = exit(Stop { exit_code: Some(143), ..stop(code, "") });
        assert!(taken.interrupted && !taken.out_of_memory && !taken.lasting, "{code}");
    }
    assert!(exit(stop("", "Your Spot Task was interrupted.")).interrupted);
}

#[test]
fn long_sentences_are_cut_and_repetitions_left_out() {
    let text = "é".repeat(5_000);
    let long = exit(Stop { reason: Some(&text), container_reason: Some(&text), ..Stop::default() });
    assert_eq!(long.reason.unwrap().chars().count(), REASON_CHARS_MAX);
}
