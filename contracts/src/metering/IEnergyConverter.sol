// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Standing} from "./Connection.sol";
import {Registers} from "./Registers.sol";

/// @notice A meter's cumulative registers at one moment.
/// @param exportWh Energy delivered to the grid since the register began, Wh
/// @param importWh Energy drawn from the grid since the register began, Wh
/// @param storedWh Energy in the battery, Wh; zero where there is none
/// @param timestamp When the registers were read, unix seconds
/// @param epoch The register epoch that the values belong to
struct Report {
    bytes32 meterId;
    uint64 exportWh;
    uint64 importWh;
    uint64 storedWh;
    uint40 timestamp;
    uint32 epoch;
}

/// @title What metered energy means in tokens
/// @notice The law: for every meter, per epoch from its baseline, and in total:
///         minted - burned - change of debt = change of export - change of import + corrections (of export, less those
///         of import), to the Wh. The debt of a slotted meter is its arrears and what it has open since its last slot,
///         import less export, with a sign.
interface IEnergyConverter {
    /// @notice Why a report moved nothing.
    enum SkipReason {
        UnknownMeter,
        NotActiveYet,
        Suspended,
        SubMeter,
        NotTrusted,
        WrongEpoch,
        BeforeEpoch,
        Stale,
        Future,
        Decreasing,
        Impossible,
        TooLarge,
        NotAccepted
    }

    /// @notice A report was settled. `tokensWh` > 0 was minted to the meter's owner, < 0 burned from them.
    ///         A slotted meter's report moves nothing and only counts.
    /// @param debtWh The meter's debt afterwards; 0 of a slotted meter, whose debt changes with its slots alone
    event MeterSettled(
        bytes32 indexed meterId,
        uint64 exportWh,
        uint64 importWh,
        uint64 storedWh,
        int64 tokensWh,
        uint64 debtWh,
        uint40 timestamp,
        uint32 epoch
    );
    event ReportSkipped(bytes32 indexed meterId, SkipReason reason, uint40 timestamp);
    /// @param debtWh The meter's debt afterwards
    event DebtRepaid(bytes32 indexed meterId, address indexed payer, uint64 wattHours, uint64 debtWh);
    event EpochProposed(bytes32 indexed meterId, uint32 epoch, Report closing, uint40 declarableAt);
    event EpochProposalWithdrawn(bytes32 indexed meterId);
    event EpochDeclared(bytes32 indexed meterId, uint32 epoch);
    /// @notice The registrar proposes to put right what the meter counted wrongly: Wh to add, or below 0 to take away.
    ///         `evidence` is the hash of what shows it. It replaces an earlier proposal.
    /// @param owner Who alone may accept it, in this epoch and until `until`
    event CorrectionProposed(
        bytes32 indexed meterId,
        address indexed owner,
        int64 exportWh,
        int64 importWh,
        bytes32 evidence,
        uint40 until
    );
    /// @param by The registrar, or the owner who refused it
    event CorrectionWithdrawn(bytes32 indexed meterId, address by);
    /// @notice The owner accepted a correction. `tokensWh` > 0 was minted to them, < 0 burned from them. The registers
    ///         stay as the meter shows them.
    /// @param debtWh The meter's debt afterwards
    event MeterCorrected(
        bytes32 indexed meterId,
        int64 exportWh,
        int64 importWh,
        int64 tokensWh,
        uint64 debtWh,
        bytes32 evidence
    );
    /// @notice The meter's settlements only count from now on; what it owed is its arrears.
    event SlotsJoined(bytes32 indexed meterId, uint64 debtWh);
    /// @notice Settled in the ordinary way again: open surplus was minted to the owner, open need is debt.
    event SlotsLeft(bytes32 indexed meterId, uint64 mintedWh, uint64 debtWh);
    /// @notice A community's slot was converted. `netWh` > 0 was minted into the pool's balance, < 0 burned from it.
    event SlotClosed(int256 netWh);
    /// @notice `wattHours` of a slot's need were not paid for: no money, no consent, or the utility had no energy.
    /// @param debtWh All that the meter owes, without what is open since that slot
    event FellBehind(bytes32 indexed meterId, uint64 wattHours, uint64 debtWh);
    event PoolChanged(address indexed pool);
    event CreditExceeded(bytes32 indexed meterId, uint64 debtWh);
    event ReporterChanged(address indexed reporter, bool allowed);
    /// @notice While `paused`, the reporter's reports are refused; energy waits in the registers.
    event ReporterPaused(address indexed reporter, bool paused);
    event MarketChanged(address indexed market);

    error NotReporter(address caller);
    error ReporterIsPaused(address reporter);
    error NothingToRepay(bytes32 meterId);
    error InsufficientEnergy(address account, uint256 wattHours, uint256 availableWh);
    error NoEpochProposed(bytes32 meterId);
    error EpochNotDeclarable(bytes32 meterId, address caller, uint256 declarableAt);
    error ClosingRejected(bytes32 meterId, SkipReason reason);
    error NoOwner(bytes32 meterId);
    error NothingToCorrect(bytes32 meterId);
    error NoEvidence(bytes32 meterId);
    error CorrectionOutOfRange(bytes32 meterId, int256 differenceWh, int256 leastWh, int256 mostWh);
    error NoCorrectionProposed(bytes32 meterId);
    error MarketAlreadySet(address market);
    error PoolAlreadySet(address pool);
    error OnlyPool(address caller);
    error OnlyMarket(address caller);
    error NotSettling(bytes32 meterId, Standing standing);
    error NoBaseline(bytes32 meterId);
    error DebtTooLarge(bytes32 meterId, uint256 debtWh);
    error LengthMismatch(uint256 meters, uint256 amounts);
    error BoughtTooMuch(bytes32 meterId, uint256 boughtWh, uint256 openWh);

    /// @notice Settle a batch. Reporters only. Never reverts for an item: a bad one is skipped with `ReportSkipped`.
    /// @dev Reverts with `NotReporter` or `ReporterIsPaused`. About 24,000 gas a report; the caller bounds the batch.
    function settle(Report[] calldata reports) external;
    /// @notice Pay `wattHours` of a meter's debt with the caller's ETK (wallet first, then free trading balance), or
    ///         all of it where it is less.
    /// @dev Reverts with `NothingToRepay` or `InsufficientEnergy`.
    function repay(bytes32 meterId, uint64 wattHours) external;
    /// @notice Announce a new register epoch with the old one's closing registers, `closing.timestamp` 0 where they are
    ///         unknown: what was counted since the last settled report is dropped then. Registrar only. The owner may
    ///         accept at once, or refuse; the registrar alone declares after seven days.
    /// @dev Replaces an earlier announcement, and the seven days begin anew. Reverts with `UnknownMeter` or
    ///      `ClosingRejected`.
    function proposeEpoch(bytes32 meterId, Report calldata closing) external;
    /// @notice Take an announcement back: the registrar, or as a refusal the meter's owner. Where an owner goes on
    ///         refusing, the registrar suspends the meter, removes it, and registers another at its place.
    /// @dev Reverts with `NoEpochProposed`.
    function withdrawEpochProposal(bytes32 meterId) external;
    /// @notice Begin the announced epoch at once: settles exactly these closing registers, then starts anew. The
    ///         meter's owner.
    /// @dev Reverts with `NotMeterOwner`, `NoEpochProposed` when none or one with another closing is announced, or
    ///      `ClosingRejected`: reports overtook the closing.
    function acceptEpoch(bytes32 meterId, Report calldata closing) external;
    /// @notice Begin the announced epoch without the owner, seven days after the announcement. Registrar only.
    /// @dev Reverts with `NoEpochProposed` (also when the meter has changed hands since), `EpochNotDeclarable`, or
    ///      `ClosingRejected`: reports overtook the closing.
    function declareEpoch(bytes32 meterId) external;
    /// @notice Propose to put right what a meter counted wrongly, over all epochs: Wh to add to its export and import,
    ///         or to take away where they are negative, with the hash of the evidence. Registrar only. It moves nothing
    ///         before the owner accepts it within 30 days, in this epoch, and replaces an earlier proposal.
    /// @dev Reverts with `NoOwner`, `NothingToCorrect`, `NoEvidence`, or
    ///      `CorrectionOutOfRange` when the meter would have counted less than nothing, or more than its connection
    ///      could carry since it became active.
    function proposeCorrection(bytes32 meterId, int64 exportWh, int64 importWh, bytes32 evidence) external;
    /// @notice Take a proposed correction back, or refuse it. The registrar, or the meter's owner.
    /// @dev Reverts with `NoCorrectionProposed`, also when the proposal has lapsed.
    function withdrawCorrection(bytes32 meterId) external;
    /// @notice Accept exactly this correction: the difference is minted, burned or owed as a settlement's is, and of a
    ///         slotted meter too at once, in no slot; a debt is burned along, arrears are not. It counts for no
    ///         delivery and backs no certificate. The owner.
    /// @dev Reverts with `NotMeterOwner`, `NoCorrectionProposed` when none or another is open to this owner in this
    ///      epoch, or `DebtTooLarge`.
    function acceptCorrection(bytes32 meterId, int64 exportWh, int64 importWh, bytes32 evidence) external;
    /// @notice Admit or remove a reporter. Market operator. A pause stays until the guardian lifts it, whatever happens
    ///         meanwhile. While no reporter works but fallbacks (`IFallbackReporter`), the market's deadlines wait.
    function setReporter(address reporter, bool allowed) external;
    /// @notice Stop an admitted reporter, or let it go on. Guardian.
    /// @dev Reverts with `NotReporter` when it is neither admitted nor paused.
    function pauseReporter(address reporter, bool paused) external;
    /// @notice Name the market whose free energy a burn may draw on. Once; admin.
    /// @dev Reverts with `MarketAlreadySet`.
    function setMarket(address market) external;

    /// @notice From the next settlement on, tell the market what this battery exports, until it says that no trade is
    ///         open. The market only.
    /// @dev Reverts with `OnlyMarket`.
    function watchExport(bytes32 meterId) external;
    /// @notice Name the pool that shares slots. Once; admin.
    /// @dev Reverts with `PoolAlreadySet`.
    function setPool(address pool) external;
    /// @notice From now on the meter's settlements only count, and `closeSlot` converts them. The pool only.
    /// @dev Reverts with `OnlyPool`, `NotSettling` or `NoBaseline`.
    function joinSlots(bytes32 meterId) external;
    /// @notice Back to ordinary settlement: mints what is open to the owner, or makes it debt. The pool only.
    /// @dev Reverts with `OnlyPool`, or `DebtTooLarge` from 2^55 Wh on.
    function leaveSlots(bytes32 meterId) external;
    /// @notice Convert what slotted meters counted since their last slot. Export is minted and `boughtWh` of the import
    ///         burned, one against the other, in the pool's trading balance; the rest of the import is arrears. The
    ///         pool only.
    /// @param boughtWh For each meter, 2^256 - 1 to leave it as it is
    /// @dev Reverts with `OnlyPool`, `LengthMismatch`, `BoughtTooMuch` or `InsufficientEnergy`.
    function closeSlot(bytes32[] calldata meterIds, uint256[] calldata boughtWh) external;
    /// @notice What is kept of each meter, one word each, highest bits first: exportWh 56 | importWh 56 | debtWh 56 |
    ///         storedWh 48 | delivering 1 | timestamp 39. `debtWh` of a slotted meter: import less export since its
    ///         last slot, signed. `delivering`: trades of this battery are open, or were at the last settlement.
    function registersOf(bytes32[] calldata meterIds) external view returns (uint256[] memory registers);

    /// @notice The registers last settled in `epoch`, and the open debt, of a slotted meter its arrears. `timestamp` 0
    ///         while the epoch has no baseline.
    function settled(
        bytes32 meterId
    )
        external
        view
        returns (
            uint64 exportWh,
            uint64 importWh,
            uint64 debtWh,
            uint64 storedWh,
            uint40 timestamp,
            uint32 epoch
        );
    /// @notice All that a meter exported and imported since its first baseline, over all epochs and as corrected, Wh.
    function counted(bytes32 meterId) external view returns (uint64 exportWh, uint64 importWh);
    /// @notice All export that corrections took back, Wh: no certificate is issued for as much.
    function exportTakenBack(bytes32 meterId) external view returns (uint64 wattHours);
    /// @notice The correction that the present owner may accept now; `evidence` 0: none.
    function correctionProposal(
        bytes32 meterId
    ) external view returns (int64 exportWh, int64 importWh, bytes32 evidence, uint40 until);
    /// @notice One meter's `registersOf`: what an offer needs of a battery, in one word.
    function registersWord(bytes32 meterId) external view returns (Registers);
    /// @notice The announced epoch's closing registers and when the registrar alone may declare it; 0: none is.
    function epochProposal(
        bytes32 meterId
    ) external view returns (Report memory closing, uint40 declarableAt);
    /// @notice Why `report` would be skipped now, or `ok`, and then `reason` says nothing.
    function check(Report calldata report) external view returns (bool ok, SkipReason reason);
    /// @notice Whether `reporter` is admitted and not paused.
    function isReporter(address reporter) external view returns (bool);
    /// @notice The energy token, minted and burned here alone.
    function energyToken() external view returns (address);
    /// @notice The register of meters.
    function registry() external view returns (address);
    /// @notice The market, zero until it is named.
    function market() external view returns (address);
    /// @notice The pool, zero until it is named.
    function pool() external view returns (address);
}
