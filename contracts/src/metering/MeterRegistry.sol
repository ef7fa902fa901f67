// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IOfferBoard} from "../market/IEnergyMarket.sol";
import {BatteryWord} from "./BatteryWord.sol";
import {Connection, Standing} from "./Connection.sol";
import {H3Cell} from "./H3Cell.sol";
import {IEnergyConverter} from "./IEnergyConverter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {ALONE, MARKET, Stops, toStops, UNSIGNED} from "./Stops.sol";

/// @title Who owns which meter, and what that meter may do
/// @dev Storage:
///
/// | slot | variable                | bits, lowest first                                              |
/// |------|-------------------------|-----------------------------------------------------------------|
/// | 0    | `meterCount`            | 32; beside the access manager's address                         |
/// | 0    | `activationDelay`       | 40                                                              |
/// | 0    | `unsignedSettlement`    | 8                                                               |
/// | 1    | `converter`             | 160                                                             |
/// | 1    | `_unsignedStopsBase`    | 24                                                              |
/// | 2    | `ratingCap[kind]`       | 32                                                              |
/// | 3    | `meterIdOf[number]`     | 256                                                             |
/// | 4    | `meterAt[point]`        | 256                                                             |
/// | 5    | `_records[meterId]`     | owner 160, exportWatts 32, importWatts 32, epoch 16, standing 8 |
/// | 5    | `_records[meterId]`     | ratingAnnounced 8                                               |
/// | 5    | `_records[meterId]` + 1 | number 32, kind 8, trust 8, status 8, slotted 8, cell 32        |
/// | 5    | `_records[meterId]` + 1 | stops 32, capacityWh 48, nextCapacityWh 48, capacityFrom 32     |
/// | 5    | `_records[meterId]` + 2 | creditWh 64, epochDeclaredAt 40, activeFrom 40, ratingFrom 40   |
/// | 5    | `_records[meterId]` + 2 | nextExportWatts 32, nextImportWatts 32                          |
/// | 5    | `_records[meterId]` + 3 | connectionPoint 256                                             |
/// | 5    | `_records[meterId]` + 4 | keyX 256                                                        |
/// | 5    | `_records[meterId]` + 5 | keyY 256                                                        |
/// | 5    | `_records[meterId]` + 6 | nextKeyX 256                                                    |
/// | 5    | `_records[meterId]` + 7 | nextKeyY 256                                                    |
/// | 5    | `_records[meterId]` + 8 | pendingOwner 160, acceptableFrom 40                             |
/// | 6    | `_equivocal[meterId]`   | 256; hash of the key and epoch that contradicted themselves     |
contract MeterRegistry is IMeterRegistry, AccessManaged {
    using H3Cell for uint64;

    /// @dev A settlement reads the first word, an offer the first two, a baseline the first and the third.
    ///      `next*` values take over at `ratingFrom` and `capacityFrom`; `capacityFrom` is 0 when nothing is announced.
    ///      `ratingAnnounced`: the next rating waits, or nothing later than `ratingFrom` was settled yet.
    // solhint-disable-next-line gas-struct-packing
    struct Record {
        // a `Connection`: what every settlement is checked against
        address owner;
        uint32 exportWatts;
        uint32 importWatts;
        uint16 epoch;
        Standing standing;
        bool ratingAnnounced;
        // what it is, where, and its battery: a `BatteryWord` from `cell` on
        uint32 number;
        MeterKind kind;
        TrustClass trust;
        MeterStatus status;
        bool slotted;
        uint32 cell;
        Stops stops;
        uint48 capacityWh;
        uint48 nextCapacityWh;
        uint32 capacityFrom;
        // credit, times, and the announced rating
        uint64 creditWh;
        uint40 epochDeclaredAt;
        uint40 activeFrom;
        uint40 ratingFrom;
        uint32 nextExportWatts;
        uint32 nextImportWatts;
        // one word each
        bytes32 connectionPoint;
        bytes32 keyX;
        bytes32 keyY;
        bytes32 nextKeyX;
        bytes32 nextKeyY;
        // who may accept it, and from when
        address pendingOwner;
        uint40 acceptableFrom;
    }

    uint40 private constant LONGEST_DELAY = 30 days;
    uint40 private constant TRANSFER_NOTICE = 7 days;

    /// @inheritdoc IMeterRegistry
    uint32 public meterCount;
    /// @inheritdoc IMeterRegistry
    uint40 public activationDelay;
    /// @inheritdoc IMeterRegistry
    bool public unsignedSettlement;
    /// @inheritdoc IMeterRegistry
    address public converter;
    /// @dev Of the clock of stops of meters of class C, which all are stopped while unsigned settlement is not allowed.
    uint24 private _unsignedStopsBase;
    /// @inheritdoc IMeterRegistry
    mapping(MeterKind kind => uint32 watts) public ratingCap;
    /// @inheritdoc IMeterRegistry
    mapping(uint32 number => bytes32 meterId) public meterIdOf;
    /// @inheritdoc IMeterRegistry
    mapping(bytes32 connectionPoint => bytes32 meterId) public meterAt;
    mapping(bytes32 meterId => Record) private _records;
    mapping(bytes32 meterId => bytes32 keyAndEpoch) private _equivocal;

    /// @param ratingCaps Highest rated power for consumer, prosumer, battery and grid meters, W
    constructor(
        address accessManager,
        uint40 activationDelay_,
        uint32[4] memory ratingCaps
    ) AccessManaged(accessManager) {
        _setActivationDelay(activationDelay_);
        for (uint8 kind = 0; kind < 4; ++kind) _setRatingCap(MeterKind(kind), ratingCaps[kind]);
    }

    /* REGISTRAR */

    /// @inheritdoc IMeterRegistry
    function register(Registration calldata registration) external restricted {
        bytes32 meterId = registration.meterId;
        Record storage record = _records[meterId];
        _checkMeterId(meterId);
        if (record.status != MeterStatus.None) revert MeterExists(meterId);
        if (registration.owner == address(0)) revert ZeroOwner();
        _checkRating(registration.kind, registration.exportWatts);
        _checkRating(registration.kind, registration.importWatts);
        _checkCapacity(registration.kind, registration.capacityWh);
        _checkKey(registration.trust, registration.keyX, registration.keyY);
        bytes32 connectionPoint = registration.connectionPoint;
        bytes32 present = meterAt[connectionPoint];
        if (present != 0) revert ConnectionPointTaken(connectionPoint, present);

        if (meterCount == type(uint32).max) revert TooManyMeters();
        uint32 number = ++meterCount;
        uint40 activeFrom = uint40(block.timestamp) + activationDelay;
        meterIdOf[number] = meterId;
        if (connectionPoint != 0) meterAt[connectionPoint] = meterId;
        record.pendingOwner = registration.owner;
        record.number = number;
        record.epoch = 1;
        record.kind = registration.kind;
        record.trust = registration.trust;
        record.status = MeterStatus.Active;
        record.exportWatts = registration.exportWatts;
        record.importWatts = registration.importWatts;
        record.creditWh = registration.creditWh;
        record.epochDeclaredAt = uint40(block.timestamp);
        record.activeFrom = activeFrom;
        record.cell = _packCell(registration.h3Cell);
        record.stops = toStops(0, _runner(record));
        record.capacityWh = uint48(registration.capacityWh);
        record.connectionPoint = connectionPoint;
        record.keyX = registration.keyX;
        record.keyY = registration.keyY;
        record.standing = connectionPoint == 0 ? Standing.SubMeter : Standing.NotAccepted;

        emit MeterRegistered(meterId, registration.owner, number, registration, activeFrom);
    }

    /// @inheritdoc IMeterRegistry
    function suspend(bytes32 meterId) external restricted {
        Record storage record = _known(meterId);
        if (record.status != MeterStatus.Active) revert WrongStatus(meterId, record.status);

        _suspend(meterId, record);
    }

    /// @inheritdoc IMeterRegistry
    function recordEquivocation(bytes32 meterId) external restricted {
        Record storage record = _known(meterId);
        if (_isEquivocal(meterId, record)) revert Equivocal(meterId, record.epoch);

        _equivocal[meterId] = _keyAndEpoch(record);

        emit MeterEquivocated(meterId, record.epoch);
        if (record.status == MeterStatus.Active) _suspend(meterId, record);
    }

    /// @inheritdoc IMeterRegistry
    function resume(bytes32 meterId) external restricted {
        Record storage record = _known(meterId);
        if (record.status != MeterStatus.Suspended) revert WrongStatus(meterId, record.status);
        if (_isEquivocal(meterId, record)) revert Equivocal(meterId, record.epoch);

        bytes32 connectionPoint = record.connectionPoint;
        bytes32 present = meterAt[connectionPoint];
        if (present != 0 && present != meterId) revert ConnectionPointTaken(connectionPoint, present);

        if (connectionPoint != 0) meterAt[connectionPoint] = meterId;
        record.status = MeterStatus.Active;
        _updateStanding(record);

        emit MeterResumed(meterId);
    }

    /// @inheritdoc IMeterRegistry
    function remove(bytes32 meterId) external restricted {
        Record storage record = _known(meterId);
        if (record.status != MeterStatus.Suspended) revert WrongStatus(meterId, record.status);
        bytes32 connectionPoint = record.connectionPoint;
        if (connectionPoint == 0 || meterAt[connectionPoint] != meterId) revert NotAtConnection(meterId);

        delete meterAt[connectionPoint];

        emit MeterRemoved(meterId, connectionPoint);
    }

    /// @inheritdoc IMeterRegistry
    function setRating(bytes32 meterId, uint32 exportWatts, uint32 importWatts) external restricted {
        Record storage record = _known(meterId);
        _checkRating(record.kind, exportWatts);
        _checkRating(record.kind, importWatts);

        // Nothing was settled since an earlier change came into force: what it changed may have to judge that time yet.
        if (_changed(record))
            (record.exportWatts, record.importWatts) = (
                _higher(record.exportWatts, record.nextExportWatts),
                _higher(record.importWatts, record.nextImportWatts)
            );
        uint40 effectiveFrom = uint40(block.timestamp) + activationDelay;
        record.nextExportWatts = exportWatts;
        record.nextImportWatts = importWatts;
        record.ratingFrom = effectiveFrom;
        record.ratingAnnounced = true;

        emit RatingChanged(meterId, exportWatts, importWatts, effectiveFrom);
    }

    /// @inheritdoc IMeterRegistry
    function setCapacity(bytes32 meterId, uint64 capacityWh) external restricted {
        Record storage record = _known(meterId);
        _checkCapacity(record.kind, capacityWh);

        uint48 oldCapacity = _inForce(record.capacityWh, record.nextCapacityWh, record.capacityFrom);
        uint40 effectiveFrom = uint40(block.timestamp) + (capacityWh > oldCapacity ? activationDelay : 0);
        bool waits = effectiveFrom > block.timestamp;
        record.capacityWh = waits ? oldCapacity : uint48(capacityWh);
        record.nextCapacityWh = uint48(capacityWh);
        record.capacityFrom = waits ? uint32(effectiveFrom) : 0;

        emit CapacityChanged(meterId, capacityWh, effectiveFrom);
    }

    /// @inheritdoc IMeterRegistry
    function setCredit(bytes32 meterId, uint64 creditWh) external restricted {
        _known(meterId).creditWh = creditWh;

        emit CreditChanged(meterId, creditWh);
    }

    /// @inheritdoc IMeterRegistry
    function setTrust(bytes32 meterId, TrustClass trust) external restricted {
        Record storage record = _known(meterId);
        if (trust != TrustClass.C && record.keyX == 0 && record.keyY == 0) revert KeyRequired(trust);

        record.trust = trust;
        _updateStanding(record);

        emit TrustChanged(meterId, trust);
    }

    /// @inheritdoc IMeterRegistry
    function proposeKey(bytes32 meterId, bytes32 keyX, bytes32 keyY) external restricted {
        Record storage record = _known(meterId);
        if (!P256.isValidPublicKey(keyX, keyY)) revert KeyNotOnCurve(keyX, keyY);

        record.nextKeyX = keyX;
        record.nextKeyY = keyY;

        emit KeyProposed(meterId, keyX, keyY);
    }

    /// @inheritdoc IMeterRegistry
    function setCell(bytes32 meterId, uint64 h3Cell) external restricted {
        _known(meterId).cell = _packCell(h3Cell);

        emit CellChanged(meterId, h3Cell);
    }

    /* OWNERS */

    /// @inheritdoc IMeterRegistry
    function acceptKey(bytes32 meterId, bytes32 keyX, bytes32 keyY) external {
        Record storage record = _known(meterId);
        if (msg.sender != record.owner) revert NotMeterOwner(meterId, msg.sender);
        bool proposed = record.nextKeyX != 0 || record.nextKeyY != 0;
        if (!proposed || keyX != record.nextKeyX || keyY != record.nextKeyY) revert NoKeyProposed(meterId);

        record.keyX = keyX;
        record.keyY = keyY;
        record.nextKeyX = 0;
        record.nextKeyY = 0;
        // Whoever was offered the meter was offered it with the key before.
        if (record.pendingOwner != address(0)) _offer(meterId, record, address(0), 0);

        emit KeyChanged(meterId, keyX, keyY);
    }

    /// @inheritdoc IMeterRegistry
    function transferMeter(bytes32 meterId, address to) external {
        Record storage record = _known(meterId);
        address owner = record.owner;
        uint40 acceptableFrom = 0;
        if (msg.sender != owner) {
            _checkCanCall(msg.sender, msg.data);
            // Nobody can object for a meter that nobody has accepted.
            if (owner != address(0)) acceptableFrom = uint40(block.timestamp) + TRANSFER_NOTICE;
        }
        _offer(meterId, record, to, to == address(0) ? 0 : acceptableFrom);
    }

    /// @inheritdoc IMeterRegistry
    function acceptMeter(bytes32 meterId, uint64 maxDebtWh) external {
        Record storage record = _known(meterId);
        if (msg.sender != record.pendingOwner)
            revert NotPendingOwner(meterId, msg.sender, record.pendingOwner);
        if (block.timestamp < record.acceptableFrom) revert NotAcceptableYet(meterId, record.acceptableFrom);
        uint64 debtWh = _checkBurden(meterId, maxDebtWh);

        address from = record.owner;
        record.owner = msg.sender;
        record.pendingOwner = address(0);
        record.acceptableFrom = 0;
        if (from == address(0)) {
            // What was metered while nobody had agreed is nobody's: the epoch begins now.
            record.epochDeclaredAt = uint40(block.timestamp);
            record.standing = _standing(record);
        }

        emit MeterTransferred(meterId, from, msg.sender, debtWh);
    }

    /* CONVERTER */

    /// @inheritdoc IMeterRegistry
    function advanceEpoch(bytes32 meterId) external returns (uint32 epoch) {
        if (msg.sender != converter) revert OnlyConverter(msg.sender);
        Record storage record = _known(meterId);

        if (record.epoch == type(uint16).max) revert TooManyEpochs(meterId);
        epoch = ++record.epoch;
        record.epochDeclaredAt = uint40(block.timestamp);
    }

    /// @inheritdoc IMeterRegistry
    function applyRating(bytes32 meterId, uint40 settledUntil) external {
        if (msg.sender != converter) revert OnlyConverter(msg.sender);
        Record storage record = _known(meterId);
        if (!_changed(record) || settledUntil < record.ratingFrom) return;

        (record.exportWatts, record.importWatts) = (record.nextExportWatts, record.nextImportWatts);
        record.ratingAnnounced = false;
    }

    /// @inheritdoc IMeterRegistry
    function setSlotted(bytes32 meterId, bool slotted_) external {
        if (msg.sender != converter) revert OnlyConverter(msg.sender);
        Record storage record = _known(meterId);
        if (slotted_ && record.kind == MeterKind.Grid) revert GridMeter(meterId);

        record.slotted = slotted_;
        record.standing = _standing(record);
    }

    /* SETTINGS */

    /// @inheritdoc IMeterRegistry
    function setRatingCap(MeterKind kind, uint32 watts) external restricted {
        _setRatingCap(kind, watts);
    }

    /// @inheritdoc IMeterRegistry
    function setActivationDelay(uint40 delay) external restricted {
        _setActivationDelay(delay);
    }

    /// @inheritdoc IMeterRegistry
    function setUnsignedSettlement(bool allowed) external restricted {
        Stops last = _inPlace(toStops(0, UNSIGNED));
        unsignedSettlement = allowed;
        _unsignedStopsBase = _goingOn(last, toStops(0, allowed ? MARKET : ALONE));

        emit UnsignedSettlementAllowed(allowed);
    }

    /// @inheritdoc IMeterRegistry
    function setConverter(address converter_) external restricted {
        if (converter != address(0)) revert ConverterAlreadySet(converter);

        converter = converter_;

        emit ConverterChanged(converter_);
    }

    /* VIEWS */

    /// @inheritdoc IMeterRegistry
    function meter(bytes32 meterId) external view returns (Meter memory) {
        Record storage record = _records[meterId];
        if (record.status == MeterStatus.None) {
            Meter memory nothing;
            return nothing;
        }
        (uint32 exportWatts, uint32 importWatts) = _rating(record);
        return
            Meter({
                number: record.number,
                owner: record.owner,
                pendingOwner: record.pendingOwner,
                acceptableFrom: record.acceptableFrom,
                kind: record.kind,
                trust: record.trust,
                status: record.status,
                connectionPoint: record.connectionPoint,
                exportWatts: exportWatts,
                importWatts: importWatts,
                capacityWh: _inForce(record.capacityWh, record.nextCapacityWh, record.capacityFrom),
                creditWh: record.creditWh,
                h3Cell: H3Cell.unpack(record.cell),
                keyX: record.keyX,
                keyY: record.keyY,
                epoch: record.epoch,
                epochDeclaredAt: record.epochDeclaredAt,
                activeFrom: record.activeFrom,
                equivocal: _isEquivocal(meterId, record)
            });
    }

    /// @inheritdoc IMeterRegistry
    function connectionWord(bytes32 meterId) external view returns (Connection word) {
        Record storage record = _records[meterId];
        // The first word of a record is laid out as a connection; what is not in force as recorded is rare.
        assembly ("memory-safe") {
            word := sload(record.slot)
        }
        if (word.ratingAnnounced()) {
            (uint32 exportWatts, uint32 importWatts) = _rating(record);
            word = word.withRating(exportWatts, importWatts);
        }
        if (word.standing() == Standing.NotTrusted && unsignedSettlement)
            word = word.withStanding(record.slotted ? Standing.Slotted : Standing.Settling);
    }

    /// @inheritdoc IMeterRegistry
    function allowedRating(
        bytes32 meterId,
        uint40 settledUntil
    ) external view returns (uint32 exportWatts, uint32 importWatts) {
        Record storage record = _records[meterId];
        (exportWatts, importWatts) = _rating(record);
        if (_changed(record) && settledUntil < record.ratingFrom)
            return (_higher(exportWatts, record.exportWatts), _higher(importWatts, record.importWatts));
    }

    /// @inheritdoc IMeterRegistry
    function nextRating(
        bytes32 meterId
    ) external view returns (uint32 exportWatts, uint32 importWatts, uint40 effectiveFrom) {
        Record storage record = _records[meterId];
        if (!record.ratingAnnounced) return (0, 0, 0);
        return (record.nextExportWatts, record.nextImportWatts, record.ratingFrom);
    }

    /// @inheritdoc IMeterRegistry
    function terms(
        bytes32 meterId
    ) external view returns (uint40 epochDeclaredAt, uint40 activeFrom, uint64 creditWh) {
        Record storage record = _records[meterId];
        return (record.epochDeclaredAt, record.activeFrom, record.creditWh);
    }

    /// @inheritdoc IMeterRegistry
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
            bool slotted_
        )
    {
        Record storage record = _records[meterId];
        if (record.status == MeterStatus.None) return (address(0), 0, MeterKind.Consumer, 0, 0, false);
        return (
            record.owner,
            record.number,
            record.kind,
            _inForce(record.capacityWh, record.nextCapacityWh, record.capacityFrom),
            H3Cell.unpack(record.cell),
            record.slotted
        );
    }

    /// @inheritdoc IMeterRegistry
    function slotted(bytes32 meterId) external view returns (bool) {
        return _records[meterId].slotted;
    }

    /// @inheritdoc IMeterRegistry
    function batteryByNumber(uint32 number) external view returns (bytes32 meterId, BatteryWord word) {
        meterId = meterIdOf[number];
        Record storage record = _records[meterId];
        // Three fields of a record's second word lie as they are answered; what is not in force as recorded is rare.
        uint256 recorded;
        assembly ("memory-safe") {
            recorded := sload(add(record.slot, 1))
        }
        word = BatteryWord.wrap((recorded >> 64) & type(uint112).max);
        uint256 from = recorded >> 224;
        if (from != 0 && block.timestamp >= from) word = word.withCapacity(record.nextCapacityWh);
        if (word.stops().runner() == UNSIGNED) word = word.withStops(_inPlace(word.stops()));
    }

    /// @inheritdoc IMeterRegistry
    function keyOf(
        bytes32 meterId
    ) external view returns (uint32 epoch, uint40 epochDeclaredAt, bytes32 keyX, bytes32 keyY) {
        Record storage record = _records[meterId];
        return (record.epoch, record.epochDeclaredAt, record.keyX, record.keyY);
    }

    /// @inheritdoc IMeterRegistry
    function clockOf(bytes32 meterId) external view returns (uint32 number, Stops stops) {
        Record storage record = _records[meterId];
        return (record.number, _inPlace(record.stops));
    }

    /// @inheritdoc IMeterRegistry
    function proposedKey(bytes32 meterId) external view returns (bytes32 keyX, bytes32 keyY) {
        return (_records[meterId].nextKeyX, _records[meterId].nextKeyY);
    }

    /* RULES */

    function _setActivationDelay(uint40 delay) private {
        if (delay > LONGEST_DELAY) revert DelayTooLong(delay, LONGEST_DELAY);

        activationDelay = delay;

        emit ActivationDelayChanged(delay);
    }

    function _setRatingCap(MeterKind kind, uint32 watts) private {
        ratingCap[kind] = watts;

        emit RatingCapChanged(kind, watts);
    }

    function _suspend(bytes32 meterId, Record storage record) private {
        record.status = MeterStatus.Suspended;
        _updateStanding(record);

        emit MeterSuspended(meterId);
    }

    /// @dev No hash is 0, so a meter that never equivocated never is.
    function _isEquivocal(bytes32 meterId, Record storage record) private view returns (bool) {
        return _equivocal[meterId] == _keyAndEpoch(record);
    }

    function _keyAndEpoch(Record storage record) private view returns (bytes32) {
        return keccak256(abi.encode(record.keyX, record.keyY, record.epoch));
    }

    /// @dev What comes with a meter: debt of at most `maxDebtWh`, and no promise that another made of its energy.
    function _checkBurden(bytes32 meterId, uint64 maxDebtWh) private view returns (uint64 debtWh) {
        IEnergyConverter converter_ = IEnergyConverter(converter);
        if (address(converter_) == address(0)) revert ConverterNotSet();
        (, , debtWh, , , ) = converter_.settled(meterId);
        if (debtWh > maxDebtWh) revert DebtTooHigh(meterId, debtWh, maxDebtWh);
        // What its slots owe and earn is the owner's who joined: it quits first.
        if (_records[meterId].slotted) revert MeterSlotted(meterId);
        address market = converter_.market();
        uint256 promisedWh = market == address(0) ? 0 : IOfferBoard(market).promised(meterId);
        if (promisedWh != 0) revert MeterPromised(meterId, promisedWh);
    }

    function _known(bytes32 meterId) private view returns (Record storage record) {
        record = _records[meterId];
        if (record.status == MeterStatus.None) revert UnknownMeter(meterId);
    }

    /// @dev In force now, whether or not the announced change was ever written down.
    function _rating(Record storage record) private view returns (uint32 exportWatts, uint32 importWatts) {
        return
            _changed(record)
                ? (record.nextExportWatts, record.nextImportWatts)
                : (record.exportWatts, record.importWatts);
    }

    /// @dev Whether an announced rating is in force that was not written down.
    /// @param to nobody to withdraw what was offered
    function _offer(bytes32 meterId, Record storage record, address to, uint40 acceptableFrom) private {
        record.pendingOwner = to;
        record.acceptableFrom = acceptableFrom;

        emit MeterTransferOffered(meterId, record.owner, to, acceptableFrom);
    }

    function _changed(Record storage record) private view returns (bool) {
        return record.ratingAnnounced && block.timestamp >= record.ratingFrom;
    }

    function _higher(uint32 a, uint32 b) private pure returns (uint32) {
        return a > b ? a : b;
    }

    /// @dev With all three from one word, which whoever asks reads once with what else it has.
    function _inForce(uint48 capacityWh, uint48 nextCapacityWh, uint32 from) private view returns (uint48) {
        return from != 0 && block.timestamp >= from ? nextCapacityWh : capacityWh;
    }

    /// @dev Kept beside what a settlement reads. `NotTrusted` gives way while unsigned settlement is allowed.
    function _standing(Record storage record) private view returns (Standing) {
        if (record.standing == Standing.SubMeter) return Standing.SubMeter;
        if (record.owner == address(0)) return Standing.NotAccepted;
        if (record.status == MeterStatus.Suspended) return Standing.Suspended;
        if (record.trust == TrustClass.C) return Standing.NotTrusted;
        return record.slotted ? Standing.Slotted : Standing.Settling;
    }

    /// @dev After what may stop the meter or let it go on.
    function _updateStanding(Record storage record) private {
        record.standing = _standing(record);
        (Stops last, uint32 runner) = (record.stops, _runner(record));
        if (runner == last.runner()) return;

        Stops next = toStops(0, runner);
        record.stops = toStops(_goingOn(_inPlace(last), _inPlace(next)), runner);
    }

    /// @dev What the clock of its stops runs with.
    function _runner(Record storage record) private view returns (uint32) {
        if (record.status == MeterStatus.Suspended) return ALONE;
        return record.trust == TrustClass.C ? UNSIGNED : MARKET;
    }

    /// @dev Where it runs with the clock of all meters of class C: as that stands.
    function _inPlace(Stops stops) private view returns (Stops) {
        if (stops.runner() != UNSIGNED) return stops;
        unchecked {
            return toStops(stops.base() + _unsignedStopsBase, unsignedSettlement ? MARKET : ALONE);
        }
    }

    /// @return base With which `next` goes on from where `last` stands
    function _goingOn(Stops last, Stops next) private view returns (uint24 base) {
        address market = converter == address(0) ? address(0) : IEnergyConverter(converter).market();
        uint256 stoppedFor = market == address(0) ? 0 : IOfferBoard(market).stopsSoFar();
        unchecked {
            return last.shown(stoppedFor) - next.shown(stoppedFor);
        }
    }

    function _checkRating(MeterKind kind, uint32 watts) private view {
        uint32 cap = ratingCap[kind];
        if (watts > cap) revert RatingOutOfRange(kind, watts, cap);
    }

    function _checkCapacity(MeterKind kind, uint64 capacityWh) private pure {
        if ((kind == MeterKind.Battery) != (capacityWh != 0)) revert CapacityMismatch(kind, capacityWh);
        if (capacityWh > type(uint48).max) revert CapacityTooLarge(capacityWh, type(uint48).max);
    }

    function _checkKey(TrustClass trust, bytes32 keyX, bytes32 keyY) private pure {
        if (keyX == 0 && keyY == 0) {
            if (trust != TrustClass.C) revert KeyRequired(trust);
        } else if (!P256.isValidPublicKey(keyX, keyY)) {
            revert KeyNotOnCurve(keyX, keyY);
        }
    }

    function _packCell(uint64 h3Cell) private pure returns (uint32) {
        if (!h3Cell.isValid()) revert InvalidCell(h3Cell);
        uint8 resolution = h3Cell.resolution();
        if (resolution > H3Cell.FINEST) revert CellTooFine(h3Cell, resolution, H3Cell.FINEST);
        return h3Cell.pack();
    }

    /// @dev 1 to 32 characters of `[A-Za-z0-9-]`, then only zeros.
    function _checkMeterId(bytes32 meterId) private pure {
        uint256 length = 0;
        while (length < 32 && _isSerialCharacter(meterId[length])) ++length;
        // What follows the last good character must be padding.
        bool padded = length == 32 || uint256(meterId) << (8 * length) == 0;
        if (length == 0 || !padded) revert InvalidMeterId(meterId);
    }

    function _isSerialCharacter(bytes1 character) private pure returns (bool) {
        return
            (character >= "A" && character <= "Z") ||
            (character >= "a" && character <= "z") ||
            (character >= "0" && character <= "9") ||
            character == "-";
    }
}
