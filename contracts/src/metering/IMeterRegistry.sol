// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatteryWord} from "./BatteryWord.sol";
import {Connection} from "./Connection.sol";
import {Stops} from "./Stops.sol";

/// @title Who owns which meter, and what that meter may do
/// @notice A meter id is its serial, 1 to 32 characters of `[A-Za-z0-9-]`, as ASCII, zero-padded to 32 bytes.
interface IMeterRegistry {
    enum MeterKind {
        Consumer,
        Prosumer,
        Battery,
        Grid
    }

    /// @dev Ascending trust. C: broker-authenticated only; B: signed by the site's gateway; A: signed by the meter.
    enum TrustClass {
        C,
        B,
        A
    }

    enum MeterStatus {
        None,
        Active,
        Suspended
    }

    /// @notice What the registrar states about a new meter.
    /// @param owner Who is asked to own it; nothing of it is settled before that account has accepted it
    /// @param connectionPoint The grid connection that the meter stands at, one settling meter each; zero for a
    ///        sub-meter, which is monitored and never settles
    /// @param exportWatts Rated power of the connection towards the grid, W
    /// @param importWatts Rated power of the connection from the grid, W
    /// @param capacityWh Battery capacity, Wh; zero unless `kind` is Battery
    /// @param creditWh Debt beyond which `CreditExceeded` is emitted, Wh
    /// @param h3Cell H3 cell of resolution 0 to 7 that contains the meter
    /// @param keyX P-256 public key of the device, checked to be on the curve; both zero for class C
    struct Registration {
        bytes32 meterId;
        address owner;
        MeterKind kind;
        TrustClass trust;
        bytes32 connectionPoint;
        uint32 exportWatts;
        uint32 importWatts;
        uint64 capacityWh;
        uint64 creditWh;
        uint64 h3Cell;
        bytes32 keyX;
        bytes32 keyY;
    }

    /// @notice Everything that is recorded of a meter.
    /// @param number Short id, counted from 1 in the order of registration
    /// @param owner Whom its energy is minted to and burned from; zero until somebody has accepted it
    /// @param pendingOwner Who may accept it, or zero
    /// @param acceptableFrom From when, unix seconds; 0 unless the registrar transfers an owned meter
    /// @param epoch Current register epoch, from 1
    /// @param epochDeclaredAt Block time at which that epoch was declared or the meter first accepted, unix seconds
    /// @param activeFrom From when its reports count, unix seconds
    /// @param equivocal Whether its present key contradicted itself in its present epoch
    struct Meter {
        uint32 number;
        address owner;
        address pendingOwner;
        uint40 acceptableFrom;
        MeterKind kind;
        TrustClass trust;
        MeterStatus status;
        bytes32 connectionPoint;
        uint32 exportWatts;
        uint32 importWatts;
        uint64 capacityWh;
        uint64 creditWh;
        uint64 h3Cell;
        bytes32 keyX;
        bytes32 keyY;
        uint32 epoch;
        uint40 epochDeclaredAt;
        uint40 activeFrom;
        bool equivocal;
    }

    /// @notice `registration` is complete, so an index needs no call. The first epoch is 1. Nobody owns the meter until
    ///         `MeterTransferred`.
    event MeterRegistered(
        bytes32 indexed meterId,
        address indexed pendingOwner,
        uint32 number,
        Registration registration,
        uint40 activeFrom
    );
    event MeterSuspended(bytes32 indexed meterId);
    event MeterResumed(bytes32 indexed meterId);
    /// @notice Another meter may be registered at the connection. Debt stays with the meter, and can be repaid.
    event MeterRemoved(bytes32 indexed meterId, bytes32 indexed connectionPoint);
    /// @notice The meter's key signed two readings of `epoch` that contradict each other: it is suspended, and is not
    ///         resumed with this key in this epoch.
    event MeterEquivocated(bytes32 indexed meterId, uint32 epoch);
    /// @notice `to` may accept the meter from `acceptableFrom`, unix seconds: 0 when its owner offers it or nobody
    ///         owns it, seven days ahead when the registrar does. Zero `to`: nobody may.
    event MeterTransferOffered(
        bytes32 indexed meterId,
        address indexed from,
        address indexed to,
        uint40 acceptableFrom
    );
    /// @notice `to` accepted the meter. Zero `from`: as its first owner, and the current epoch begins in this block.
    event MeterTransferred(bytes32 indexed meterId, address indexed from, address indexed to, uint64 debtWh);
    /// @notice Takes effect at `effectiveFrom`, unix seconds, up or down; replaces a change that still waited. A report
    ///         over a time that began before is judged by the higher of both.
    event RatingChanged(
        bytes32 indexed meterId,
        uint32 exportWatts,
        uint32 importWatts,
        uint40 effectiveFrom
    );
    event CapacityChanged(bytes32 indexed meterId, uint64 capacityWh, uint40 effectiveFrom);
    event CreditChanged(bytes32 indexed meterId, uint64 creditWh);
    event TrustChanged(bytes32 indexed meterId, TrustClass trust);
    event CellChanged(bytes32 indexed meterId, uint64 h3Cell);
    event KeyProposed(bytes32 indexed meterId, bytes32 keyX, bytes32 keyY);
    event KeyChanged(bytes32 indexed meterId, bytes32 keyX, bytes32 keyY);
    /// @notice The highest rated power that the registrar may give to a meter of `kind`, W.
    event RatingCapChanged(MeterKind indexed kind, uint32 watts);
    event ActivationDelayChanged(uint40 delay);
    event UnsignedSettlementAllowed(bool allowed);
    event ConverterChanged(address indexed converter);

    error InvalidMeterId(bytes32 meterId);
    error MeterExists(bytes32 meterId);
    error UnknownMeter(bytes32 meterId);
    error NotMeterOwner(bytes32 meterId, address caller);
    error NotPendingOwner(bytes32 meterId, address caller, address pendingOwner);
    error NotAcceptableYet(bytes32 meterId, uint40 acceptableFrom);
    error MeterPromised(bytes32 meterId, uint256 promisedWh);
    error ZeroOwner();
    error RatingOutOfRange(MeterKind kind, uint32 watts, uint32 cap);
    error CapacityMismatch(MeterKind kind, uint64 capacityWh);
    error ConnectionPointTaken(bytes32 connectionPoint, bytes32 meterId);
    error InvalidCell(uint64 h3Cell);
    error CellTooFine(uint64 h3Cell, uint8 resolution, uint8 finest);
    error KeyNotOnCurve(bytes32 keyX, bytes32 keyY);
    error KeyRequired(TrustClass trust);
    error NoKeyProposed(bytes32 meterId);
    error NotAtConnection(bytes32 meterId);
    error WrongStatus(bytes32 meterId, MeterStatus status);
    error Equivocal(bytes32 meterId, uint32 epoch);
    error DebtTooHigh(bytes32 meterId, uint64 debtWh, uint64 maxDebtWh);
    error DelayTooLong(uint40 delay, uint40 longest);
    error CapacityTooLarge(uint64 capacityWh, uint64 most);
    error OnlyConverter(address caller);
    error MeterSlotted(bytes32 meterId);
    error GridMeter(bytes32 meterId);
    error ConverterNotSet();
    error TooManyMeters();
    error TooManyEpochs(bytes32 meterId);
    error ConverterAlreadySet(address converter);

    /// @notice Record a new meter and ask `registration.owner` to accept it. Registrar only. Its reports count after
    ///         that and the activation delay.
    /// @dev Reverts with `InvalidMeterId`, `MeterExists`, `ZeroOwner`, `RatingOutOfRange`, `CapacityMismatch`,
    ///      `CapacityTooLarge`, `ConnectionPointTaken`, `InvalidCell`, `CellTooFine`, `KeyNotOnCurve`, `KeyRequired`,
    ///      or `TooManyMeters` after 2^32 - 1.
    function register(Registration calldata registration) external;
    /// @notice Defer a meter's settlement: its reports are skipped until `resume`, no energy is lost. Registrar only.
    /// @dev Reverts with `UnknownMeter`, or `WrongStatus` when it is suspended already.
    function suspend(bytes32 meterId) external;
    /// @notice Suspend a meter whose key contradicted itself, or keep it suspended, until it has another key or a new
    ///         epoch. The proof of equivocation only.
    /// @dev Reverts with `UnknownMeter`, or `Equivocal` when that is known of this key in this epoch.
    function recordEquivocation(bytes32 meterId) external;
    /// @notice End a suspension. Registrar only.
    /// @dev Reverts with `UnknownMeter`, `WrongStatus` when the meter is not suspended, `Equivocal` while its key and
    ///      epoch are those that contradicted themselves, or `ConnectionPointTaken` when another stands there now.
    function resume(bytes32 meterId) external;
    /// @notice Free the grid connection of a suspended meter that was taken down, so that another can be registered
    ///         there. Registrar only. Nothing else changes: it can be resumed while the connection is free.
    /// @dev Reverts with `UnknownMeter`, `WrongStatus` when it is not suspended, or `NotAtConnection` when it has none
    ///      or was removed before.
    function remove(bytes32 meterId) external;
    /// @notice Change the connection's rated power, W, after the activation delay, up or down: who has promised energy
    ///         can deliver it meanwhile. Replaces a change that waits. A report over a time that began before is judged
    ///         by the higher of both; so is everything until this change takes effect where nothing was settled since
    ///         the one before it did. For emergencies there is `suspend`. Registrar only.
    /// @dev Reverts with `UnknownMeter` or `RatingOutOfRange`.
    function setRating(bytes32 meterId, uint32 exportWatts, uint32 importWatts) external;
    /// @notice Change a battery's capacity, Wh; an increase counts after the activation delay. Registrar only.
    /// @dev Reverts with `UnknownMeter`, `CapacityMismatch` or `CapacityTooLarge` (2^48 Wh and more).
    function setCapacity(bytes32 meterId, uint64 capacityWh) external;
    /// @notice Change the debt beyond which `CreditExceeded` is emitted, Wh. Registrar only.
    /// @dev Reverts with `UnknownMeter`.
    function setCredit(bytes32 meterId, uint64 creditWh) external;
    /// @notice Change the trust class; A and B need a recorded key. Registrar only.
    /// @dev Reverts with `UnknownMeter` or `KeyRequired`.
    function setTrust(bytes32 meterId, TrustClass trust) external;
    /// @notice Move the meter to another cell of resolution 7 or coarser. Registrar only: an offer's place is that of
    ///         its battery, and trades of offers that do not contain it any more are not accepted.
    /// @dev Reverts with `UnknownMeter`, `InvalidCell` or `CellTooFine`.
    function setCell(bytes32 meterId, uint64 h3Cell) external;
    /// @notice First step of a key rotation; replaces an earlier proposal. Registrar only.
    /// @dev Reverts with `UnknownMeter` or `KeyNotOnCurve`.
    function proposeKey(bytes32 meterId, bytes32 keyX, bytes32 keyY) external;
    /// @notice Second step: the owner agrees to exactly that key. Withdraws an offer of the meter to somebody else, who
    ///         was offered it with the key before.
    /// @dev Reverts with `UnknownMeter`, `NotMeterOwner`, or `NoKeyProposed` when another key or none is proposed.
    function acceptKey(bytes32 meterId, bytes32 keyX, bytes32 keyY) external;
    /// @notice Offer the meter to `to`, who must accept; replaces any earlier offer, zero withdraws it. The owner, or
    ///         the registrar, whose offer of an owned meter can be accepted after seven days: until it is, the owner
    ///         vetoes it by an own offer, or zero.
    /// @dev Reverts with `UnknownMeter`.
    function transferMeter(bytes32 meterId, address to) external;
    /// @notice Take the meter over, with the energy that it has metered since its last settled report and its debt, if
    ///         that is at most `maxDebtWh`. A first owner begins at nothing: what was read before is never settled.
    /// @dev Reverts with `UnknownMeter`, `NotPendingOwner`, `NotAcceptableYet`, `ConverterNotSet`, `DebtTooHigh`, or
    ///      `MeterSlotted` while it is a member of a community, or
    ///      `MeterPromised` while offers or accepted trades hold its energy: their seller ends them, or their time
    ///      does.
    function acceptMeter(bytes32 meterId, uint64 maxDebtWh) external;
    /// @notice Count the next register epoch. The converter only, which checks who agreed.
    /// @dev Reverts with `OnlyConverter`, `UnknownMeter`, or `TooManyEpochs` after epoch 65,535.
    /// @return epoch The new epoch
    function advanceEpoch(bytes32 meterId) external returns (uint32 epoch);
    /// @notice A report of `settledUntil` (unix seconds) was settled: a rating that took effect before it judges alone
    ///         what follows. The converter only.
    /// @dev Reverts with `OnlyConverter` or `UnknownMeter`.
    function applyRating(bytes32 meterId, uint40 settledUntil) external;
    /// @notice Say whether a meter's settlements only count, see `SlotPool`. The converter only.
    /// @dev Reverts with `OnlyConverter`, `UnknownMeter`, or `GridMeter` for one of kind `Grid`, which carries what a
    ///      whole feeder does and is no neighbour.
    function setSlotted(bytes32 meterId, bool slotted) external;
    /// @notice The highest rated power that `register` and `setRating` take from now on, W. Market operator.
    function setRatingCap(MeterKind kind, uint32 watts) external;
    /// @notice How long new meters, other ratings and larger capacities wait, seconds, at most 30 days. Market
    ///         operator.
    /// @dev Reverts with `DelayTooLong`.
    function setActivationDelay(uint40 delay) external;
    /// @notice Whether meters of class C settle. Market operator.
    function setUnsignedSettlement(bool allowed) external;
    /// @notice Name the converter, which alone counts epochs and knows debts. Once; admin.
    /// @dev Reverts with `ConverterAlreadySet`.
    function setConverter(address converter) external;

    /// @notice All that is recorded of `meterId`; `status` None and everything zero when unknown.
    function meter(bytes32 meterId) external view returns (Meter memory);
    /// @notice What every settlement needs, as in force in this block; one word, one read of storage. `standing` is
    ///         Unknown when the meter is.
    function connectionWord(bytes32 meterId) external view returns (Connection);
    /// @notice What a report is judged by, W, when the last one was settled until `settledUntil`, unix seconds: the
    ///         rating in force, or, in each direction, the one before where it was higher and in force then.
    function allowedRating(
        bytes32 meterId,
        uint40 settledUntil
    ) external view returns (uint32 exportWatts, uint32 importWatts);
    /// @notice The rating that was announced, W, and when it takes effect or took, unix seconds; zeros once something
    ///         later is settled.
    function nextRating(
        bytes32 meterId
    ) external view returns (uint32 exportWatts, uint32 importWatts, uint40 effectiveFrom);
    /// @notice What a baseline (unix seconds) and a growing debt (Wh) are checked against.
    function terms(
        bytes32 meterId
    ) external view returns (uint40 epochDeclaredAt, uint40 activeFrom, uint64 creditWh);
    /// @notice What an offer needs of the battery that it names; everything zero when unknown.
    function battery(
        bytes32 meterId
    )
        external
        view
        returns (
            address owner,
            uint32 number,
            MeterKind kind,
            uint64 capacityWh,
            uint64 h3Cell,
            bool slotted
        );
    /// @notice Whether the meter is a member of a community and its settlements only count.
    function slotted(bytes32 meterId) external view returns (bool);
    /// @notice What a promise of the `number`-th meter's battery is checked against again; zeros when there is none.
    function batteryByNumber(uint32 number) external view returns (bytes32 meterId, BatteryWord word);
    /// @notice The meter's number, and the clock by which deliveries from it wait: it runs while the board or all
    ///         settlement is stopped, and while the meter is not settled because of its registration (suspended, not
    ///         trusted, unsigned settlement not allowed), each second once.
    function clockOf(bytes32 meterId) external view returns (uint32 number, Stops stops);
    /// @notice What a signed reading is checked against: the epoch, when it was declared or the meter first accepted,
    ///         unix seconds, and the meter's key; zeros when it is unknown.
    function keyOf(
        bytes32 meterId
    ) external view returns (uint32 epoch, uint40 epochDeclaredAt, bytes32 keyX, bytes32 keyY);
    /// @notice The key that the owner has yet to accept, zero when there is none.
    function proposedKey(bytes32 meterId) external view returns (bytes32 keyX, bytes32 keyY);
    /// @notice The settling meter at a grid connection, zero when there is none.
    function meterAt(bytes32 connectionPoint) external view returns (bytes32 meterId);
    /// @notice The id of the `number`-th meter, zero when there is none.
    function meterIdOf(uint32 number) external view returns (bytes32);
    /// @notice Meters registered so far.
    function meterCount() external view returns (uint32);
    /// @notice The highest rated power of a `kind`, W.
    function ratingCap(MeterKind kind) external view returns (uint32 watts);
    /// @notice How long new meters, other ratings and larger capacities wait, seconds.
    function activationDelay() external view returns (uint40 delay);
    /// @notice Whether meters of class C settle.
    function unsignedSettlement() external view returns (bool allowed);
    /// @notice The converter, zero until it is named.
    function converter() external view returns (address);
}
