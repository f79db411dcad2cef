//! Deliberate bugs, to prove that the simulation of the engine would notice real ones.
//!
//! Each stands at a point where a mistake would cost somebody a job, a result or money. Without the cargo
//! feature `mutants`, which only the engine's own tests switch on, [`active`] is a constant `false` and
//! nothing of them is left in a program.

/// One deliberate bug, named by what goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mutant {
    /// Any lease may write.
    LeaseNotChecked,
    /// A second last word of an attempt overwrites the first.
    ResultAcceptedTwice,
    /// A lost worker costs the user an attempt.
    InfrastructureChargedToUser,
    /// One attempt more than allowed.
    AttemptsBoundOffByOne,
    /// A retry by the user starts with the counts of the attempts before.
    RetryKeepsCounts,
    /// A success can still be cancelled.
    SuccessCanBeCancelled,
    /// A dependency that failed counts as done.
    FailedDependencyReleases,
    /// A dependency that is under way counts as done.
    OpenDependencyReleases,
    /// Dependents are not told that a job has ended.
    DependentsNotReleased,
    /// A blocked job never looks at its dependencies by itself.
    BlockedNeverWakes,
    /// A queue message that was lost is not sent again.
    QueuedNeverWakes,
    /// A launch that leads to nothing is waited for without end.
    LaunchingNeverWakes,
    /// A silent worker is waited for without end.
    RunningNeverWakes,
    /// An attempt may run for ever as long as its worker speaks.
    TimeoutForgotten,
    /// A cancelled job's worker is not told.
    CancelForgetsToStop,
    /// Who waits longer goes first, whatever the priority.
    PriorityIgnored,
    /// The higher priority goes first, however long the others wait.
    AgeIgnored,
    /// A callback is not tried again.
    CallbackDroppedAfterFailure,
    /// Somebody else's change at the same moment is taken for one's own.
    StaleVersionIgnored,
    /// The worker's events are stored as if each batch were the first.
    EventNumbersRestart,
    /// A job does not see the results of those that it depends on.
    InputsForgotten,
    /// A job is launched although its claim was not stored.
    LaunchWithoutClaim,
    /// The message of a job is done with although its claim came too late.
    MissedClaimForgotten,
    /// Each submission is a new job, whatever its key.
    IdempotencyIgnored,
    /// Launches that nobody waits for run on.
    OrphansNotStopped,
    /// A child that ends tells its parent nothing.
    ParentNotTold,
    /// A parent that waits never looks at its children by itself.
    WaitingNeverWakes,
    /// A child that is under way counts as ended.
    OpenChildReleases,
    /// Who waits for children pays for it with an attempt.
    WaitingCostsAnAttempt,
    /// Each order of a child is a new child, whatever its key.
    ChildKeyIgnored,
    /// Who has lost the job may still start children for it.
    ChildrenOfTheLeaseless,
    /// A user's child is stored although its parent has just ended.
    ChildrenOfTheEnded,
    /// What a cancelled job has started goes on.
    CancelledFamilyGoesOn,
    /// That a family must end is not kept in mind: a crash loses it.
    CancelledFamilyNotKept,
    /// A cancellation does not reach what a child has started that has ended by itself.
    CancelStopsAtTheEnded,
    /// An attempt does not see what those before it have recorded.
    StepsForgotten,
    /// A later value of a step replaces the first.
    StepOverwritten,
    /// A call counts on its own job only.
    AncestorsNotCharged,
    /// A call does not count on the day of its tenant.
    DailyLimitIgnored,
    /// A call of a model without a price counts as free.
    UnpricedFitsAnyBudget,
    /// Who has lost the job may still spend for it.
    LeaseNotCheckedAtReserve,
    /// What was held for a call stays held beside what it did cost.
    SettledStaysHeld,
    /// A reservation whose reply was lost is judged anew when it is repeated.
    ReservationRepeated,
    /// What is held for calls under way counts against no limit.
    HeldIgnored,
}

impl Mutant {
    pub const ALL: [Self; 44] = [
        Self::LeaseNotChecked,
        Self::ResultAcceptedTwice,
        Self::InfrastructureChargedToUser,
        Self::AttemptsBoundOffByOne,
        Self::RetryKeepsCounts,
        Self::SuccessCanBeCancelled,
        Self::FailedDependencyReleases,
        Self::OpenDependencyReleases,
        Self::DependentsNotReleased,
        Self::BlockedNeverWakes,
        Self::QueuedNeverWakes,
        Self::LaunchingNeverWakes,
        Self::RunningNeverWakes,
        Self::TimeoutForgotten,
        Self::CancelForgetsToStop,
        Self::PriorityIgnored,
        Self::AgeIgnored,
        Self::CallbackDroppedAfterFailure,
        Self::StaleVersionIgnored,
        Self::EventNumbersRestart,
        Self::InputsForgotten,
        Self::LaunchWithoutClaim,
        Self::MissedClaimForgotten,
        Self::IdempotencyIgnored,
        Self::OrphansNotStopped,
        Self::ParentNotTold,
        Self::WaitingNeverWakes,
        Self::OpenChildReleases,
        Self::WaitingCostsAnAttempt,
        Self::ChildKeyIgnored,
        Self::ChildrenOfTheLeaseless,
        Self::ChildrenOfTheEnded,
        Self::CancelledFamilyGoesOn,
        Self::CancelledFamilyNotKept,
        Self::CancelStopsAtTheEnded,
        Self::StepsForgotten,
        Self::StepOverwritten,
        Self::AncestorsNotCharged,
        Self::DailyLimitIgnored,
        Self::UnpricedFitsAnyBudget,
        Self::LeaseNotCheckedAtReserve,
        Self::SettledStaysHeld,
        Self::ReservationRepeated,
        Self::HeldIgnored,
    ];
}

/// Whether this thread runs with the bug.
#[cfg(not(feature = "mutants"))]
#[must_use]
#[inline]
pub const fn active(_: Mutant) -> bool {
    false
}

#[cfg(feature = "mutants")]
pub use self::switch::{active, set};

#[cfg(feature = "mutants")]
mod switch {
    use std::cell::Cell;

    use super::Mutant;

    thread_local! {
        static ACTIVE: Cell<Option<Mutant>> = const { Cell::new(None) };
    }

    /// Whether this thread runs with the bug.
    #[must_use]
    pub fn active(mutant: Mutant) -> bool {
        ACTIVE.get() == Some(mutant)
    }

    /// Lets this thread run with the bug, or with none.
    pub fn set(mutant: Option<Mutant>) {
        ACTIVE.set(mutant);
    }
}
