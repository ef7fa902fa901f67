import type { Mutant } from "./mutant.ts";

const reporters = "metering/Reporters.sol";
const settlement = "metering/Settlement.sol";
const epochs = "metering/Epochs.sol";
const slots = "metering/Slots.sol";
const corrections = "metering/Corrections.sol";
const converter = "metering/EnergyConverter.sol";
const committee = "metering/OracleCommittee.sol";
const roots = "metering/RootCommittee.sol";
const registry = "metering/MeterRegistry.sol";
const equivocation = "metering/EquivocationProof.sol";
const signature = "metering/SignedReading.sol";
const certificates = "metering/EnergyCertificates.sol";
const device = "metering/DeviceReporter.sol";
const functions = "metering/FunctionsReporter.sol";
const rupiah = "tokens/RupiahToken.sol";
const desk = "tokens/RupiahDesk.sol";

export const metering: Mutant[] = [
  {
    name: "converter/the baseline moves tokens",
    file: settlement,
    edits: [["if (last.timestamp() == 0) {", "if (false) {"]],
  },
  {
    name: "converter/a report from before the epoch is its baseline",
    file: settlement,
    edits: [["if (next.timestamp() <= epochDeclaredAt)", "if (next.timestamp() < epochDeclaredAt)"]],
  },
  {
    name: "converter/a meter settles before it is active",
    file: settlement,
    edits: [["if (next.timestamp() < activeFrom) return (false, SkipReason.NotActiveYet);", ""]],
  },
  {
    name: "converter/export is minted, import forgotten",
    file: settlement,
    edits: [["int256(next.importWh() - last.importWh()) -", "int256(0) -"]],
  },
  {
    name: "converter/export repays no debt",
    file: settlement,
    edits: [["} else if (openWh < 0) {", "} else if (openWh < debtWh) {\n                openWh -= debtWh;"]],
  },
  {
    name: "converter/what cannot be burned is forgiven",
    file: settlement,
    edits: [
      [
        "return (tokensWh, openWh + tokensWh);",
        "return (tokensWh, openWh > debtWh ? int256(0) : openWh + tokensWh);",
      ],
    ],
  },
  {
    name: "converter/the trading balance is never burned",
    file: settlement,
    edits: [
      [
        "if (burnedWh == dueWh || address(market_) == address(0)) return burnedWh;",
        "if (true) return burnedWh;",
      ],
    ],
  },
  {
    name: "converter/what the market gave is not burned",
    file: settlement,
    edits: [["if (drawnWh > 0) _energyToken.burn(address(market_), drawnWh);", ""]],
  },
  {
    name: "converter/admitting a reporter lifts its pause",
    file: reporters,
    edits: [["known.admitted = allowed;", "(known.admitted, known.paused) = (allowed, false);"]],
  },
  {
    name: "converter/a paused reporter settles",
    file: reporters,
    edits: [["if (reporter.paused) revert ReporterIsPaused(msg.sender);", ""]],
  },
  {
    name: "converter/the future is settled",
    file: settlement,
    edits: [["CLOCK_TOLERANCE = 120;", "CLOCK_TOLERANCE = 121;"]],
  },
  {
    name: "converter/a report a second",
    file: settlement,
    edits: [["MINIMUM_INTERVAL = 60;", "MINIMUM_INTERVAL = 1;"]],
  },
  {
    name: "converter/a little more than possible",
    file: "metering/RatedPower.sol",
    edits: [["+ FREE_TENTHS", "+ 108_000"]],
  },
  {
    name: "converter/any import is possible",
    file: settlement,
    edits: [["importedWh > RatedPower.mostCarried(connection.importWatts(), elapsed)", "false"]],
  },
  {
    name: "converter/a decreasing import register is called impossible",
    file: settlement,
    edits: [[" || next.importWh() < last.importWh()", ""]],
  },
  {
    name: "converter/a report of another epoch settles",
    file: settlement,
    edits: [["if (epoch != connection.epoch()) return (false, SkipReason.WrongEpoch);", ""]],
  },
  {
    name: "exports/a new epoch forgets that trades are open",
    file: epochs,
    edits: [[".withDelivering(last.delivering());", ";"]],
  },
  {
    name: "exports/a baseline is export",
    file: settlement,
    edits: [["if (last.timestamp() == 0) return next.withDelivering(true);", ""]],
  },
  {
    name: "exports/what was exported before counts once more",
    file: settlement,
    edits: [
      [
        "uint64 exportedWh = uint64(next.exportWh() - last.exportWh());\n        return",
        "uint64 exportedWh = uint64(next.exportWh());\n        return",
      ],
    ],
  },
  {
    name: "exports/a report that began a second early is one from before",
    file: settlement,
    edits: [["uint40(last.timestamp() + CLOCK_TOLERANCE),", "uint40(last.timestamp()),"]],
  },
  {
    name: "exports/a late report is one of now",
    file: settlement,
    edits: [
      [
        "uint40(next.timestamp()),\n                    uint32(watts)",
        "uint40(block.timestamp),\n                    uint32(watts)",
      ],
    ],
  },
  {
    name: "exports/a connection carries anything",
    file: settlement,
    edits: [["uint32(watts)\n", "type(uint32).max\n"]],
  },
  {
    name: "exports/anyone has a battery watched",
    file: settlement,
    edits: [["if (msg.sender != address(_market)) revert OnlyMarket(msg.sender);", ""]],
  },
  {
    name: "converter/a new epoch forgives the debt",
    file: epochs,
    edits: [["Registers.wrap(0).withDebt(last.debtWh())", "Registers.wrap(0)"]],
  },
  {
    name: "converter/a new epoch forgets what was exported",
    file: epochs,
    edits: [["_offsets[meterId] = _counted(meterId);", "delete _offsets[meterId];"]],
  },
  {
    name: "converter/more is repaid than is open",
    file: converter,
    edits: [["if (wattHours > debtWh) wattHours = debtWh;", "if (wattHours > debtWh) debtWh = wattHours;"]],
  },
  {
    name: "converter/who cannot pay repays",
    file: converter,
    edits: [["if (burnedWh < wattHours) revert InsufficientEnergy(msg.sender, wattHours, burnedWh);", ""]],
  },
  {
    name: "converter/a baseline's import is counted",
    file: settlement,
    edits: [["offset.importWh -= uint64(baseline.importWh());", ""]],
  },

  {
    name: "corrections/anyone proposes one",
    file: corrections,
    edits: [
      [
        "int64 importWh,\n        bytes32 evidence\n    ) external restricted {",
        "int64 importWh,\n        bytes32 evidence\n    ) external {",
      ],
    ],
  },
  {
    name: "corrections/the registrar accepts it too",
    file: corrections,
    edits: [
      [
        "int64 importWh, bytes32 evidence) external {\n        Connection connection = _registry.connectionWord(meterId);\n        if (msg.sender != connection.owner())",
        "int64 importWh, bytes32 evidence) external {\n        Connection connection = _registry.connectionWord(meterId);\n        if (msg.sender == address(0))",
      ],
    ],
  },
  {
    name: "corrections/it is accepted twice",
    file: corrections,
    edits: [
      [
        "        delete _corrections[meterId];\n        Energy storage offset",
        "        Energy storage offset",
      ],
    ],
  },
  {
    name: "corrections/another difference than was proposed",
    file: corrections,
    edits: [
      ["exportWh == proposed.exportWh && importWh == proposed.importWh", "importWh == proposed.importWh"],
    ],
  },
  {
    name: "corrections/another owner accepts it",
    file: corrections,
    edits: [["                proposed.owner == connection.owner() &&\n", ""]],
  },
  {
    name: "corrections/it outlives the epoch",
    file: corrections,
    edits: [[" &&\n                proposed.epoch == connection.epoch()", ""]],
  },
  {
    name: "corrections/it never lapses",
    file: corrections,
    edits: [["block.timestamp <= proposed.until", "proposed.until != 0"]],
  },
  {
    name: "corrections/a stranger withdraws it",
    file: corrections,
    edits: [["if (msg.sender != connection.owner()) _checkCanCall(msg.sender, msg.data);", ""]],
  },
  {
    name: "corrections/more is taken back than was counted",
    file: corrections,
    edits: [["differenceWh < least || differenceWh > most", "differenceWh > most"]],
  },
  {
    name: "corrections/more is added than the connection carried",
    file: corrections,
    edits: [["differenceWh < least || differenceWh > most", "differenceWh < least"]],
  },
  {
    name: "corrections/what is put right is not counted",
    file: corrections,
    edits: [["offset.exportWh += uint64(exportWh);", ""]],
  },
  {
    name: "corrections/import is put right the wrong way round",
    file: corrections,
    edits: [["int256(exportWh) - importWh)", "int256(exportWh) + importWh)"]],
  },
  {
    name: "slots/a correction collects all arrears",
    file: corrections,
    edits: [["slotted && netWh < 0 ? int256(uint256(debtBeforeWh)) : int256(0)", "0"]],
  },
  {
    name: "registry/a new key leaves the meter offered with the old",
    file: registry,
    edits: [["if (record.pendingOwner != address(0)) _offer(meterId, record, address(0), 0);", ""]],
  },
  {
    name: "corrections/a debt that does not fit",
    file: corrections,
    edits: [["if (debtAfterWh > type(int56).max) revert DebtTooLarge(meterId, uint256(debtAfterWh));", ""]],
  },
  {
    name: "corrections/nobody is warned of a debt beyond the credit",
    file: corrections,
    edits: [["if (debtWh > debtBeforeWh) _warn(meterId, debtWh);", ""]],
  },
  {
    name: "corrections/what is taken back is not kept for certificates",
    file: corrections,
    edits: [["if (exportWh < 0) exportTakenBack[meterId] += uint64(-exportWh);", ""]],
  },
  {
    name: "slots/a correction is open in the slot",
    file: slots,
    edits: [["if (slotted) _arrears[meterId] = debtWh;\n        else _registers", "_registers"]],
  },
  {
    name: "slots/more debt than fits is carried out of the slots",
    file: slots,
    edits: [["if (debtWh > uint256(uint56(type(int56).max))) revert DebtTooLarge(meterId, debtWh);", ""]],
  },
  {
    name: "certificates/what was taken back is certified again",
    file: certificates,
    edits: [["wattHours -= _withhold(meterId, wattHours);", ""]],
  },
  {
    name: "certificates/what was taken back is withheld for ever",
    file: certificates,
    edits: [["Math.min(takenBackWh - withheld[meterId], wattHours)", "Math.min(takenBackWh, wattHours)"]],
  },

  {
    name: "committee/one member signs twice",
    file: committee,
    edits: [["if (signer <= previous)", "if (signer < previous)"]],
  },
  {
    name: "committee/strangers sign",
    file: committee,
    edits: [["if (place == members_.length || members_[place] != signer) revert NotMember(signer);", ""]],
  },
  {
    name: "committee/fewer signatures than the quorum",
    file: committee,
    edits: [["if (signatures.length != needed)", "if (signatures.length > needed)"]],
  },
  {
    name: "committee/a batch never expires",
    file: committee,
    edits: [["if (block.timestamp > deadline) revert BatchExpired(deadline, block.timestamp);", ""]],
  },
  {
    name: "committee/the deadline is not signed",
    file: committee,
    edits: [
      ["abi.encode(BATCH_TYPE, list, deadline, current)", "abi.encode(BATCH_TYPE, list, uint64(0), current)"],
    ],
  },
  {
    name: "committee/old signatures live on under a new configuration",
    file: committee,
    edits: [
      [
        "abi.encode(BATCH_TYPE, list, deadline, current)",
        "abi.encode(BATCH_TYPE, list, deadline, uint32(0))",
      ],
    ],
  },
  {
    name: "committee/the epoch is not signed",
    file: committee,
    edits: [
      [
        "calldatacopy(add(free, 0x20), report, 0xc0)",
        "calldatacopy(add(free, 0x20), report, 0xa0)\n            mstore(add(free, 0xc0), 0)",
      ],
    ],
  },
  {
    name: "committee/half is a quorum",
    file: committee,
    edits: [["2 * uint256(quorum_) <= count", "2 * uint256(quorum_) < count"]],
  },
  {
    name: "committee/anyone sets the committee",
    file: committee,
    edits: [["external restricted {", "external {"]],
  },
  {
    name: "committee/a malformed signature is skipped",
    file: committee,
    edits: [["revert MalformedSignature(i);", "continue;"]],
  },
  {
    name: "committee/the converter's refusal is swallowed",
    file: committee,
    edits: [["revert(free, returndatasize())", "pop(0)"]],
  },

  {
    name: "registry/a key off the curve",
    file: registry,
    edits: [["} else if (!P256.isValidPublicKey(keyX, keyY)) {", "} else if (false) {"]],
  },
  {
    name: "registry/a cell too fine",
    file: registry,
    edits: [["if (resolution > H3Cell.FINEST) revert CellTooFine(h3Cell, resolution, H3Cell.FINEST);", ""]],
  },
  {
    name: "registry/serials with forbidden bytes behind a zero",
    file: registry,
    edits: [["if (length == 0 || !padded)", "if (length == 0)"]],
  },
  {
    name: "registry/two settling meters at one connection",
    file: registry,
    edits: [["if (present != 0) revert ConnectionPointTaken(connectionPoint, present);", ""]],
  },
  {
    name: "registry/the registrar transfers a meter without notice",
    file: registry,
    edits: [["acceptableFrom = uint40(block.timestamp) + TRANSFER_NOTICE;", "acceptableFrom = 0;"]],
  },
  {
    name: "registry/a meter settles that nobody has accepted",
    file: registry,
    edits: [["if (record.owner == address(0)) return Standing.NotAccepted;", ""]],
  },
  {
    name: "registry/what was read before the acceptance counts",
    file: registry,
    edits: [
      [
        "            record.epochDeclaredAt = uint40(block.timestamp);\n            record.standing = _standing(record);",
        "            record.standing = _standing(record);",
      ],
    ],
  },
  {
    name: "registry/an offered meter stays offered when it is accepted",
    file: registry,
    edits: [["        record.pendingOwner = address(0);\n", ""]],
  },
  {
    name: "registry/a battery changes hands with its promises",
    file: registry,
    edits: [["if (promisedWh != 0) revert MeterPromised(meterId, promisedWh);", ""]],
  },
  {
    name: "converter/an epoch is declared on a new owner without notice",
    file: epochs,
    edits: [[" || proposal.owner != owner", ""]],
  },
  {
    name: "registry/a meter is taken with more debt than its buyer accepted",
    file: registry,
    edits: [["if (debtWh > maxDebtWh) revert DebtTooHigh(meterId, debtWh, maxDebtWh);", ""]],
  },

  {
    name: "equivocation/one reading twice is a contradiction",
    file: equivocation,
    edits: [["earlierDigest != laterDigest", "true"]],
  },
  {
    name: "equivocation/a clock that is put right convicts",
    file: equivocation,
    edits: [["later.timestamp + CLOCK_TOLERANCE < earlier.timestamp", "later.timestamp < earlier.timestamp"]],
  },
  {
    name: "equivocation/a clock that was not set convicts",
    file: equivocation,
    edits: [["(setBack && later.timestamp > epochDeclaredAt)", "setBack"]],
  },
  {
    name: "equivocation/time may run backwards",
    file: equivocation,
    edits: [["(setBack && later.timestamp > epochDeclaredAt)", "(setBack && false)"]],
  },
  {
    name: "equivocation/an import register may fall",
    file: equivocation,
    edits: [
      [
        "later.exportWh < earlier.exportWh ||\n            later.importWh < earlier.importWh",
        "later.exportWh < earlier.exportWh",
      ],
    ],
  },
  {
    name: "equivocation/an honest pair is turned round",
    file: equivocation,
    edits: [
      [
        "if (earlier.sequence > later.sequence) revert SequenceDescends(earlier.sequence, later.sequence);",
        "",
      ],
    ],
  },
  {
    name: "equivocation/an earlier epoch's reading counts",
    file: equivocation,
    edits: [["        _checkEpoch(epoch, earlier.report);\n", ""]],
  },
  {
    name: "equivocation/the later reading need not be signed",
    file: equivocation,
    edits: [["        checkDeviceSignature(meterId, keyX, keyY, laterDigest, later.r, later.s);\n", ""]],
  },
  {
    name: "equivocation/another meter's reading counts",
    file: equivocation,
    edits: [
      ["if (later.report.meterId != meterId) revert DifferentMeters(meterId, later.report.meterId);", ""],
    ],
  },
  {
    name: "equivocation/the other form of a signature counts",
    file: signature,
    edits: [["if (uint256(s) > HIGHEST_S) revert HighS(s);", ""]],
  },
  {
    name: "equivocation/a reading for another chain counts",
    file: signature,
    edits: [["uint64(block.chainid)", "uint64(0)"]],
  },
  {
    name: "conviction/the registrar resumes it at once",
    file: registry,
    edits: [
      [
        "revert WrongStatus(meterId, record.status);\n        if (_isEquivocal(meterId, record)) revert Equivocal(meterId, record.epoch);",
        "revert WrongStatus(meterId, record.status);",
      ],
    ],
  },
  {
    name: "conviction/a new epoch does not end it",
    file: registry,
    edits: [["abi.encode(record.keyX, record.keyY, record.epoch)", "abi.encode(record.keyX, record.keyY)"]],
  },
  {
    name: "conviction/a new key does not end it",
    file: registry,
    edits: [["abi.encode(record.keyX, record.keyY, record.epoch)", "abi.encode(record.epoch)"]],
  },
  {
    name: "conviction/a suspended meter is not told of",
    file: registry,
    edits: [
      [
        "if (record.status == MeterStatus.Active) _suspend(meterId, record);",
        "if (record.status != MeterStatus.Active) revert WrongStatus(meterId, record.status);\n        _suspend(meterId, record);",
      ],
    ],
  },
  {
    name: "conviction/it is told twice",
    file: registry,
    edits: [
      [
        "if (_isEquivocal(meterId, record)) revert Equivocal(meterId, record.epoch);\n\n        _equivocal",
        "_equivocal",
      ],
    ],
  },
  {
    name: "conviction/anyone suspends",
    file: registry,
    edits: [
      [
        "recordEquivocation(bytes32 meterId) external restricted",
        "recordEquivocation(bytes32 meterId) external",
      ],
    ],
  },

  {
    name: "functions/the event does not say where the network may ask",
    file: functions,
    edits: [["minimumInterval_,\n            urls_,", "minimumInterval_,\n            source_,"]],
  },
  {
    name: "functions/an answer for another meter settles",
    file: functions,
    edits: [['if (report.meterId != request.meterId) return (report, "answer is for another meter");', ""]],
  },
  {
    name: "functions/an answer from after the cut-off settles",
    file: functions,
    edits: [['if (report.timestamp > request.cutoff) return (report, "reading is after the cut-off");', ""]],
  },
  {
    name: "functions/a meter is asked for as often as somebody pays",
    file: functions,
    edits: [
      [
        "uint256 allowedAt = requestedAt[meterId] + minimumInterval;\n        if (block.timestamp < allowedAt) revert TooSoon(meterId, allowedAt);",
        "",
      ],
    ],
  },
  {
    name: "functions/anyone answers",
    file: functions,
    edits: [["if (msg.sender != address(router)) revert OnlyRouter(msg.sender);", ""]],
  },
  {
    name: "functions/an old key's answer settles",
    file: functions,
    edits: [['if (_keyHash(meter) != request.key) return (report, "key changed");', ""]],
  },

  {
    name: "tokens/a bank transfer is minted twice",
    file: rupiah,
    edits: [["if (bankReferenceUsed[bankReference]) revert BankReferenceUsed(bankReference);", ""]],
  },
  {
    name: "tokens/a withdrawal is cancelled at once",
    file: rupiah,
    edits: [
      [
        "if (block.timestamp < cancellableAt) revert WithdrawalNotCancellableYet(withdrawalId, cancellableAt);",
        "",
      ],
    ],
  },
  {
    name: "tokens/anyone cancels a withdrawal",
    file: rupiah,
    edits: [
      [
        "        if (request.account != msg.sender) revert NotWithdrawalOwner(withdrawalId, msg.sender);\n        uint256 cancellableAt",
        "        uint256 cancellableAt",
      ],
    ],
  },
  {
    name: "tokens/tokens are taken back without notice",
    file: rupiah,
    edits: [["uint40(block.timestamp + CANCEL_NOTICE)", "uint40(block.timestamp)"]],
  },
  {
    name: "tokens/a cancelled withdrawal cannot be paid any more",
    file: rupiah,
    edits: [[" && request.status != WithdrawalStatus.Cancelling", ""]],
  },
  {
    name: "tokens/a paid withdrawal is taken back",
    file: rupiah,
    edits: [["if (request.status != WithdrawalStatus.Cancelling) {", "if (request.reclaimableAt == 0) {"]],
  },
  {
    name: "tokens/tokens are taken back twice",
    file: rupiah,
    edits: [["        request.status = WithdrawalStatus.Cancelled;\n", ""]],
  },

  {
    name: "desk/a stale rate counts",
    file: desk,
    edits: [
      ["if (block.timestamp > posted.until) revert RateEnded(token, posted.until, block.timestamp);", ""],
    ],
  },
  {
    name: "desk/a rate ends a second early",
    file: desk,
    edits: [["if (block.timestamp > posted.until)", "if (block.timestamp >= posted.until)"]],
  },
  {
    name: "desk/the cap is not used up",
    file: desk,
    edits: [["        posted.remainingIdrs = remainingIdrs - idrs;\n", ""]],
  },
  {
    name: "desk/there is no cap",
    file: desk,
    edits: [
      ["if (boughtIdrs > remainingIdrs) revert CapExceeded(token, boughtIdrs, remainingIdrs);", ""],
      ["posted.remainingIdrs = remainingIdrs - idrs;", "posted.remainingIdrs = 0;"],
    ],
  },
  {
    name: "desk/a payment buys nothing",
    file: desk,
    edits: [["if (boughtIdrs == 0) revert BuysNothing(token, amount);", ""]],
  },
  {
    name: "desk/rupiah are rounded for the buyer",
    file: desk,
    edits: [
      [
        "(uint256(amount) * posted.idrsPerToken) / 10 ** posted.decimals",
        "(uint256(amount) * posted.idrsPerToken + 10 ** posted.decimals - 1) / 10 ** posted.decimals",
      ],
    ],
  },
  {
    name: "desk/every token has six decimals",
    file: desk,
    edits: [["10 ** posted.decimals", "10 ** 6"]],
  },
  {
    name: "desk/the buyer's minimum is ignored",
    file: desk,
    edits: [["if (boughtIdrs < minimumIdrs) revert LessThanMinimum(token, boughtIdrs, minimumIdrs);", ""]],
  },
  {
    name: "desk/a token that keeps a fee pays in full",
    file: desk,
    edits: [["balanceAfter < balanceBefore || balanceAfter - balanceBefore != amount", "false"]],
  },
  {
    name: "desk/what else arrived pays too",
    file: desk,
    edits: [["balanceAfter - balanceBefore != amount", "balanceAfter - balanceBefore < amount"]],
  },
  {
    name: "desk/the desk keeps the payment",
    file: desk,
    edits: [["_collect(token, treasury_, amount);", "_collect(token, address(this), amount);"]],
  },
  {
    name: "desk/two purchases have one reference",
    file: desk,
    edits: [["++purchases", "purchases"]],
  },
  {
    name: "desk/a pause stops nothing",
    file: desk,
    edits: [["if (paused) revert DeskPaused();", ""]],
  },
  {
    name: "desk/a rate may last for ever",
    file: desk,
    edits: [["until <= block.timestamp || until > latest", "until <= block.timestamp"]],
  },
  {
    name: "desk/anyone posts a rate",
    file: desk,
    edits: [["uint128 capIdrs\n    ) external restricted {", "uint128 capIdrs\n    ) external {"]],
  },

  {
    name: "certificates/the same reading is seen twice",
    file: certificates,
    edits: [["if (end.timestamp <= start.timestamp) {", "if (end.timestamp < start.timestamp) {"]],
  },
  {
    name: "certificates/the period does not move on",
    file: certificates,
    edits: [["        seen[meterId] = end;\n", "        if (start.timestamp == 0) seen[meterId] = end;\n"]],
  },
  {
    name: "certificates/the period moves on after the owner was called",
    file: certificates,
    edits: [
      ["        seen[meterId] = end;\n", "        if (start.timestamp == 0) seen[meterId] = end;\n"],
      [
        '_mint(end.owner, certificateId, wattHours, "");',
        '_mint(end.owner, certificateId, wattHours, "");\n        seen[meterId] = end;',
      ],
    ],
  },
  {
    name: "certificates/a period may be longer than an hour",
    file: certificates,
    edits: [["end.timestamp - start.timestamp <= LONGEST_PERIOD &&", "start.timestamp != 0 &&"]],
  },
  {
    name: "certificates/an hour is too long",
    file: certificates,
    edits: [["<= LONGEST_PERIOD", "< LONGEST_PERIOD"]],
  },
  {
    name: "certificates/a period may span two epochs",
    file: certificates,
    edits: [["            end.epoch == start.epoch &&\n", ""]],
  },
  {
    name: "certificates/a period may span two owners",
    file: certificates,
    edits: [
      ["end.epoch == start.epoch &&\n            end.owner == start.owner", "end.epoch == start.epoch"],
    ],
  },
  {
    name: "certificates/batteries get them",
    file: certificates,
    edits: [["            meter.kind != IMeterRegistry.MeterKind.Prosumer ||\n", ""]],
  },
  {
    name: "certificates/unsigned meters get them",
    file: certificates,
    edits: [["            meter.trust != IMeterRegistry.TrustClass.A ||\n", ""]],
  },
  {
    name: "certificates/suspended meters get them",
    file: certificates,
    edits: [
      [
        "IMeterRegistry.TrustClass.A ||\n            meter.status != IMeterRegistry.MeterStatus.Active",
        "IMeterRegistry.TrustClass.A",
      ],
    ],
  },
  {
    name: "certificates/homes with a battery get them",
    file: certificates,
    edits: [["if (storedWh != 0) revert StoresEnergy(meterId, storedWh);", ""]],
  },
  {
    name: "certificates/an empty certificate is issued",
    file: certificates,
    edits: [["if (wattHours == 0) return (0, 0);", ""]],
  },
  {
    name: "certificates/stray bits of an id are ignored",
    file: certificates,
    edits: [["certificateId >> 112 != 0 || ", ""]],
  },
  {
    name: "certificates/used ones can be used again",
    file: certificates,
    edits: [["        _burn(msg.sender, certificateId, wattHours);\n", ""]],
  },
  {
    name: "certificates/nobody need be named",
    file: certificates,
    edits: [["length == 0 || length > LONGEST_NAME", "length > LONGEST_NAME"]],
  },

  {
    name: "roots/a window's root is replaced",
    file: roots,
    edits: [["if (minute <= last)", "if (minute < last)"]],
  },
  {
    name: "roots/an old root takes the place of a later one",
    file: roots,
    edits: [["if (minute <= last)", "if (minute == last)"]],
  },
  {
    name: "roots/a root outlives its committee",
    file: roots,
    edits: [["        if (windowEnd <= since) revert RootOfFormerCommittee(windowEnd, since);\n", ""]],
  },
  {
    name: "roots/a report waits for its time",
    file: roots,
    edits: [["if (report.timestamp > latest)", "if (false)"]],
  },
  {
    name: "roots/nobody need sign",
    file: roots,
    edits: [["        _checkSigned(signed, deadline, needed, list, signatures);\n", ""]],
  },
  {
    name: "roots/the window is not signed",
    file: roots,
    edits: [
      [
        "abi.encode(ROOT_TYPE, root, windowEnd, deadline, current)",
        "abi.encode(ROOT_TYPE, root, uint40(0), deadline, current)",
      ],
    ],
  },
  {
    name: "roots/the deadline is not signed",
    file: roots,
    edits: [
      [
        "abi.encode(ROOT_TYPE, root, windowEnd, deadline, current)",
        "abi.encode(ROOT_TYPE, root, windowEnd, uint64(0), current)",
      ],
    ],
  },
  {
    name: "roots/signatures outlive their members",
    file: roots,
    edits: [
      [
        "abi.encode(ROOT_TYPE, root, windowEnd, deadline, current)",
        "abi.encode(ROOT_TYPE, root, windowEnd, deadline, uint32(1))",
      ],
    ],
  },
  {
    name: "roots/another window's root counts",
    file: roots,
    edits: [["kept.minute * GRID == windowEnd ? kept.root : bytes28(0)", "kept.root"]],
  },
  {
    name: "roots/the future is known",
    file: roots,
    edits: [["if (windowEnd > block.timestamp) revert WindowInFuture(windowEnd, block.timestamp);", ""]],
  },
  {
    name: "roots/a report needs no proof",
    file: roots,
    edits: [["bytes28(MerkleProof.processProofCalldata(proof, _leaf(report))) != root", "false"]],
  },
  {
    name: "roots/several reports need no proof",
    file: roots,
    edits: [
      [
        "bytes28(MerkleProof.processMultiProofCalldata(proof, proofFlags, leaves)) != root",
        "leaves.length == 0",
      ],
    ],
  },
  {
    name: "roots/a proof may be of any length",
    file: roots,
    edits: [["if (proof.length > LONGEST_PROOF) revert ProofTooLong(proof.length, LONGEST_PROOF);", ""]],
  },
  {
    name: "roots/a proof of no report is one",
    file: roots,
    edits: [["if (count == 0) revert EmptyBatch();", ""]],
  },
  {
    name: "registry/a lower rating judges the time before it",
    file: registry,
    edits: [
      ["if (_changed(record) && settledUntil < record.ratingFrom)\n            return", "if (false) return"],
    ],
  },
  {
    name: "registry/an old rating judges for ever",
    file: registry,
    edits: [["if (_changed(record) && settledUntil < record.ratingFrom)\n", "if (_changed(record))\n"]],
  },
  {
    name: "registry/a rating between two changes judges the time before both",
    file: registry,
    edits: [
      [
        "        if (_changed(record))\n            (record.exportWatts",
        "        if (false)\n            (record.exportWatts",
      ],
    ],
  },
  {
    name: "registry/an announced rating is never written down",
    file: registry,
    edits: [["        record.ratingAnnounced = false;\n", ""]],
  },
  {
    name: "converter/an owner has to take an epoch",
    file: epochs,
    edits: [["if (msg.sender != _registry.connectionWord(meterId).owner()) _checkCanCall", "_checkCanCall"]],
  },
  {
    name: "converter/anybody refuses an epoch",
    file: epochs,
    edits: [
      [
        "if (msg.sender != _registry.connectionWord(meterId).owner()) _checkCanCall(msg.sender, msg.data);\n",
        "",
      ],
    ],
  },
  {
    name: "clearing/a clearing that ran out of gas lets the batch stand",
    file: committee,
    edits: [["if (!_isRefusal(reason)) revert", "if (reason.length == 0) revert"]],
  },
  {
    name: "clearing/a refusal of the pool undoes the batch",
    file: committee,
    edits: [["problem == ISlotPool.StillWaiting.selector ||\n", ""]],
  },
  {
    name: "registry/a rating is lowered at once",
    file: registry,
    edits: [
      [
        "uint40 effectiveFrom = uint40(block.timestamp) + activationDelay;\n        record.nextExportWatts",
        "uint40 effectiveFrom = uint40(block.timestamp) +\n            (exportWatts < record.exportWatts ? 0 : activationDelay);\n        record.nextExportWatts",
      ],
    ],
  },
  {
    name: "registry/a meter's clock ends a notice",
    file: registry,
    edits: [
      [
        "if (!_changed(record) || settledUntil < record.ratingFrom) return;",
        "if (settledUntil < record.ratingFrom) return;",
      ],
    ],
  },
  {
    name: "registry/a change is written down by what was settled before it",
    file: registry,
    edits: [
      [
        "if (!_changed(record) || settledUntil < record.ratingFrom) return;",
        "if (!_changed(record)) return;",
      ],
    ],
  },
  {
    name: "registry/an owner moves a battery",
    file: registry,
    edits: [
      [
        "function setCell(bytes32 meterId, uint64 h3Cell) external restricted {",
        "function setCell(bytes32 meterId, uint64 h3Cell) external {",
      ],
    ],
  },
  {
    name: "registry/a removed meter keeps its connection",
    file: registry,
    edits: [["delete meterAt[connectionPoint];", ""]],
  },
  {
    name: "registry/a removed meter resumes beside the next one",
    file: registry,
    edits: [
      [
        "if (present != 0 && present != meterId) revert ConnectionPointTaken(connectionPoint, present);\n\n        if (connectionPoint != 0) meterAt",
        "if (connectionPoint != 0) meterAt",
      ],
    ],
  },
  {
    name: "registry/a meter that settles is removed",
    file: registry,
    edits: [
      [
        "if (record.status != MeterStatus.Suspended) revert WrongStatus(meterId, record.status);\n        bytes32 connectionPoint",
        "bytes32 connectionPoint",
      ],
    ],
  },
  {
    name: "registry/a meter's clock of stops starts anew",
    file: registry,
    edits: [
      ["return last.shown(stoppedFor) - next.shown(stoppedFor);", "return 0 - next.shown(stoppedFor);"],
    ],
  },
  {
    name: "registry/a meter's clock of stops jumps",
    file: registry,
    edits: [["return last.shown(stoppedFor) - next.shown(stoppedFor);", "return last.base() - next.base();"]],
  },
  {
    name: "registry/two stops at once count twice",
    file: registry,
    edits: [["market == address(0) ? 0 : IOfferBoard(market).stopsSoFar();", "0;"]],
  },
  {
    name: "registry/a suspension stops no clock",
    file: registry,
    edits: [["if (record.status == MeterStatus.Suspended) return ALONE;", ""]],
  },
  {
    name: "registry/a lower trust stops no clock",
    file: registry,
    edits: [["return record.trust == TrustClass.C ? UNSIGNED : MARKET;", "return MARKET;"]],
  },
  {
    name: "registry/unsigned settlement stops unseen",
    file: registry,
    edits: [["_unsignedStopsBase, unsignedSettlement ? MARKET : ALONE);", "_unsignedStopsBase, MARKET);"]],
  },
  {
    name: "registry/a larger capacity never counts for what was promised",
    file: registry,
    edits: [
      ["word = word.withCapacity(record.nextCapacityWh);", "word = word.withCapacity(record.capacityWh);"],
    ],
  },
  {
    name: "registry/a sub-meter that is resumed settles",
    file: registry,
    edits: [["if (record.standing == Standing.SubMeter) return Standing.SubMeter;", ""]],
  },
  {
    name: "device/a gateway's meter settles by itself",
    file: device,
    edits: [["if (meter.trust != IMeterRegistry.TrustClass.A) revert NotHighestTrust(meterId);", ""]],
  },
  {
    name: "device/nobody is waited for",
    file: device,
    edits: [["if (block.timestamp < heardAt + silence) revert NotSilent(meterId, heardAt + silence);", ""]],
  },
  {
    name: "device/anybody signs",
    file: device,
    edits: [["checkDeviceSignature(meterId, meter.keyX, meter.keyY, digest, r, s);", "digest;"]],
  },
  {
    name: "device/what the converter skips seems to settle",
    file: device,
    edits: [["if (!ok) revert ReadingRejected(meterId, reason);", ""]],
  },
  {
    name: "device/an earlier own reading holds up the latest",
    file: device,
    edits: [["if (timestamp == own.timestamp) timestamp = own.heardAt;", ""]],
  },
  {
    name: "device/after an own reading no other reporter is heard",
    file: device,
    edits: [["if (timestamp == own.timestamp) timestamp", "if (own.timestamp != 0) timestamp"]],
  },
  {
    name: "device/an own reading forgets when another was heard",
    file: device,
    edits: [["heardAt: uint40(heardAt)", "heardAt: 0"]],
  },
  {
    name: "device/a new epoch settles at once",
    file: device,
    edits: [["Math.max(meter.epochDeclaredAt, meter.activeFrom)", "meter.activeFrom"]],
  },
  {
    name: "device/a new meter settles as soon as it is active",
    file: device,
    edits: [["Math.max(meter.epochDeclaredAt, meter.activeFrom)", "meter.epochDeclaredAt"]],
  },
  {
    name: "registry/a battery's word mixes up what it says",
    file: "metering/BatteryWord.sol",
    edits: [
      ["Stops.wrap(uint32(BatteryWord.unwrap(word) >> 32))", "Stops.wrap(uint32(BatteryWord.unwrap(word)))"],
    ],
  },
  {
    name: "registry/another clock takes the place of the cell",
    file: "metering/BatteryWord.sol",
    edits: [["(uint256(Stops.unwrap(stops_)) << 32)", "uint256(Stops.unwrap(stops_))"]],
  },
  {
    name: "registry/a larger capacity forgets the cell",
    file: "metering/BatteryWord.sol",
    edits: [
      ["uint64(BatteryWord.unwrap(word)) | (uint256(capacityWh_) << 64)", "uint256(capacityWh_) << 64"],
    ],
  },
  {
    name: "registry/a clock of stops has no runner",
    file: "metering/Stops.sol",
    edits: [["(runner_ << 24) | base_", "base_"]],
  },
];
