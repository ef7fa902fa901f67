// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {ISlotPool} from "../../../contracts/src/pool/ISlotPool.sol";
import {Vm} from "../Vm.sol";
import {PoolFixture} from "./PoolFixture.sol";

/// @notice A neighbourhood that lives at random, and beside the contracts a model of it that counts what it reads, keeps
///         the list and the terms, and clears each slot by itself: no rounding chain, no packed word, one member at a
///         time. What may happen to a home between two slots is a line of `upset`, within one a line of `during`.
abstract contract SlotPoolModel is PoolFixture {
    /// @dev `netWh`: export less import since its last slot; `totalWh`: since its baselines, over all epochs.
    struct Home {
        bool member;
        bool suspended;
        bool withoutBaseline;
        bool wasRead;
        bool isRead;
        bool shares;
        int256 netWh;
        int256 totalWh;
        uint256 cash;
        uint256 payableWh;
        uint16 sellFrom;
        uint16 buyUpTo;
        uint64 arrearsWh;
    }

    struct Terms {
        uint16 retail;
        uint16 feedIn;
        uint16 fee;
    }

    struct Utility {
        bool allowed;
        uint256 cash;
        uint256 energyWh;
        uint256 gridCash;
        uint256 allCash;
    }

    struct Expected {
        uint256 retail;
        uint256 feedIn;
        uint256 fee;
        uint256 price;
        uint256 offeredWh;
        uint256 wantedWh;
        uint256 sharedWh;
        uint256 surplusWh;
        uint256 needWh;
        uint256 takenWh;
        uint256 givenWh;
    }

    struct Sums {
        uint256 sold;
        uint256 bought;
        uint256 taken;
        uint256 given;
        uint256 paid;
        uint256 earned;
    }

    /// @dev What happens must have happened, or nothing is proven.
    enum Seen {
        Shared,
        Arrears,
        Absent,
        Late,
        Early,
        UtilityShort,
        Kept,
        OtherFee,
        Outage,
        Epoch,
        Suspended,
        Refused,
        Left,
        Rejoined,
        OtherTerms,
        Waited,
        Corrected,
        JoinedInTime
    }
    uint256 internal constant KINDS = 18;
    /// @dev No multiple of a slot, so that terms begin within one.
    uint40 private constant SHORT_NOTICE = 2_000;
    uint40 private constant MID_SLOT = 650;

    uint256[KINDS] internal _seen;
    Home[] private _homes;
    /// @dev The members, in the order of the community's list.
    uint256[] private _list;
    Terms private _now;
    Terms private _next;
    uint40 private _nextFrom;
    uint40 private _nextFeeFrom;
    uint256 private _supplyWh;
    uint256 private _seed;
    uint256 private _draws;

    function live(uint256 seed, uint256 homes, uint256 slots) internal {
        (_seed, _draws, _nextFrom, _nextFeeFrom) = (seed, 0, 0, 0);
        _now = Terms(RETAIL, FEED_IN, FEE);
        deployPool(false, SHORT_NOTICE);
        addHomes(homes);
        begin(homes);
        delete _homes;
        delete _list;
        for (uint256 i = 0; i < homes; ++i) {
            Home storage one = _homes.push();
            (one.member, one.wasRead) = (true, true);
            _list.push(i);
        }
        _supplyWh = energyToken.totalSupply();
        for (uint256 n = 0; n < slots; ++n) {
            upset();
            meter();
            judge();
            checkLaw();
            comeAndGo();
            checkLaw();
        }
    }

    /* WHAT HAPPENS */

    /// @dev Owners, utility, operator and registrar do as they like between slots.
    function upset() private {
        for (uint256 i = 0; i < _homes.length; ++i) {
            uint256 kind = draw(24);
            allowPool(ownerOf(i), kind != 1);
            if (kind == 2 && _homes[i].member) limit(i);
            if (kind == 3) spend(ownerOf(i));
            if (kind == 5) correct(i);
            // Somebody can always be read.
            if (i != 0 && (kind == 4 || _homes[i].suspended)) suspendOrResume(i);
        }
        allowPool(UTILITY, draw(6) != 0);
        if (draw(5) == 0) spend(UTILITY);
        if (draw(3) == 0) {
            uint128 moreWh = uint128(1 + draw(5_000));
            fund(UTILITY, moreWh, uint128(1 + draw(1e13)));
            _supplyWh += moreWh;
        }
        if (draw(3) == 0) changeTerms();
    }

    function allowPool(address account, bool allowed) private {
        vm.prank(account);
        market.authorizeModule(address(pool), allowed);
    }

    function limit(uint256 i) private {
        uint256 kind = draw(4);
        (uint16 sellFrom, uint16 buyUpTo) = (uint16(1 + draw(1_500)), uint16(1 + draw(1_600)));
        if (kind == 1) (sellFrom, buyUpTo) = (ANY, 1);
        if (kind == 2) (sellFrom, buyUpTo) = (1, ANY);
        // The price where there is as much as is needed, at the first terms.
        if (kind == 3) (sellFrom, buyUpTo) = (1_122, 1_223);
        vm.prank(ownerOf(i));
        pool.setLimits(home(i), sellFrom, buyUpTo);
    }

    /// @dev Leaves money for a few Wh, or for none, and a little energy.
    function spend(address account) private {
        (uint256 hasWh, uint256 has) = (energy(account), cash(account));
        (uint256 leftWh, uint256 left) = (draw(3) * draw(500), draw(3) * draw(1e9));
        (uint256 lessWh, uint256 less) = (hasWh > leftWh ? hasWh - leftWh : 0, has > left ? has - left : 0);
        if (lessWh == 0 && less == 0) return;
        vm.prank(account);
        market.withdraw(uint128(lessWh), uint128(less));
    }

    /// @dev What was counted wrongly is nobody's slot: tokens or arrears, and what is open stays.
    function correct(uint256 i) private {
        (uint64 exportWh, uint64 importWh) = converter.counted(home(i));
        int64 exportBy = int64(int256(draw(400))) - int64(uint64(least(exportWh, draw(400))));
        int64 importBy = int64(int256(draw(400))) - int64(uint64(least(importWh, draw(400))));
        if (exportBy == 0 && importBy == 0) return;
        int256 before = open(i);
        converter.proposeCorrection(home(i), exportBy, importBy, "evidence");
        vm.prank(ownerOf(i));
        converter.acceptCorrection(home(i), exportBy, importBy, "evidence");
        if (_homes[i].member) check(open(i) == before, "P6: a correction is no part of a slot");
        _homes[i].totalWh += int256(exportBy) - importBy;
        see(Seen.Corrected);
    }

    function suspendOrResume(uint256 i) private {
        if (_homes[i].suspended && draw(2) == 0) return;
        if (_homes[i].suspended) registry.resume(home(i));
        else registry.suspend(home(i));
        _homes[i].suspended = !_homes[i].suspended;
        see(Seen.Suspended);
    }

    /// @dev Ordinary terms, without feed-in, with nothing between the two prices, or as high as they can be.
    function changeTerms() private {
        Terms memory terms = termsAt(time() + SHORT_NOTICE);
        uint256 kind = draw(5);
        bool fee = kind == 4;
        if (fee) terms.fee = uint16(draw(terms.retail - terms.feedIn + 1) % 501);
        else terms.feedIn = kind == 1 ? 0 : uint16(draw(1_500));
        if (!fee) terms.retail = terms.feedIn + terms.fee + uint16(kind == 2 ? 0 : 1 + draw(1_000));
        if (kind == 3) terms.retail = type(uint16).max;
        if (terms.retail == 0) terms.retail = 1;

        uint40 from = fee ? _nextFeeFrom : _nextFrom;
        bool pending = from != 0 && (time() < from || pool.community(community).clearedTo < from);
        bytes memory call =
            fee
                ? abi.encodeCall(pool.setFee, (community, terms.fee))
                : abi.encodeCall(pool.announceTariff, (community, terms.retail, terms.feedIn));
        if (!fee) vm.prank(UTILITY);
        (bool done, bytes memory answer) = address(pool).call(call);
        check(done == !pending, "one change of each at a time");
        if (pending) {
            bytes memory reason = abi.encodeWithSelector(ISlotPool.TariffPending.selector, community, from);
            check(keccak256(answer) == keccak256(reason), "until it has begun everywhere");
            return;
        }
        if (fee) {
            if (from != 0) _now.fee = _next.fee;
            (_next.fee, _nextFeeFrom) = (terms.fee, time() + SHORT_NOTICE);
            return;
        }
        if (from != 0) (_now.retail, _now.feedIn) = (_next.retail, _next.feedIn);
        (_next.retail, _next.feedIn, _nextFrom) = (terms.retail, terms.feedIn, time() + SHORT_NOTICE);
    }

    /// @dev The terms of a slot that begins at `start`, as they were announced.
    function termsAt(uint256 start) private view returns (Terms memory terms) {
        terms = Terms(_now.retail, _now.feedIn, _now.fee);
        if (_nextFrom != 0 && start >= _nextFrom) (terms.retail, terms.feedIn) = (_next.retail, _next.feedIn);
        if (_nextFeeFrom != 0 && start >= _nextFeeFrom) terms.fee = _next.fee;
    }

    /// @dev One member may leave, and who left may come back, at the end of the list.
    function comeAndGo() private {
        if (draw(3) == 0 && _list.length > 2) {
            uint256 place = draw(_list.length);
            if (_list[place] != 0) quitAt(place);
        }
        for (uint256 i = 0; i < _homes.length; ++i) {
            Home storage one = _homes[i];
            if (one.member || one.suspended || one.withoutBaseline || draw(3) != 0) continue;
            joinAs(i, uint16(1 + draw(1_200)), draw(2) == 0 ? ANY : uint16(1 + draw(1_500)));
            (one.member, one.netWh, one.wasRead) = (true, 0, wasReadInTime(i));
            _list.push(i);
            see(Seen.Rejoined);
            if (one.wasRead) see(Seen.JoinedInTime);
        }
        bytes32[] memory members = pool.members(community);
        equal(members.length, _list.length, "the list");
        for (uint256 place = 0; place < _list.length; ++place) {
            check(members[place] == home(_list[place]), "in its order");
        }
    }

    /// @dev At the end of the slot that was cleared last.
    function wasReadInTime(uint256 i) private view returns (bool) {
        return isReadAt(i, pool.community(community).clearedTo);
    }

    function isReadAt(uint256 i, uint40 end) private view returns (bool) {
        (, , , , uint40 readAt, ) = converter.settled(home(i));
        return readAt >= end && readAt <= end + TOLERANCE;
    }

    /// @dev What it had open is minted or becomes debt, beside its arrears.
    function quitAt(uint256 place) private {
        uint256 i = _list[place];
        Home storage one = _homes[i];
        (uint256 wallet, uint256 owedWh) = (energyToken.balanceOf(ownerOf(i)), arrears(i));
        if (draw(2) == 0) vm.prank(ownerOf(i));
        pool.quit(home(i));
        uint256 surplusWh = one.netWh > 0 ? uint256(one.netWh) : 0;
        uint256 needWh = one.netWh < 0 ? uint256(-one.netWh) : 0;
        equal(energyToken.balanceOf(ownerOf(i)), wallet + surplusWh, "P6: open surplus is minted once");
        equal(arrears(i), owedWh + needWh, "P6: open need is debt once");
        one.member = false;
        _list[place] = _list[_list.length - 1];
        _list.pop();
        see(Seen.Left);
    }

    /* READING */

    /// @dev Within the slot, a second before its end, at it, within the tolerance, a second after that, or not at all.
    function meter() private {
        uint40 boundary = pool.community(community).clearedTo;
        vm.warp(boundary + MID_SLOT);
        for (uint256 i = 0; i < _homes.length; ++i) during(i);
        uint40 slots = draw(10) == 0 ? uint40(2 + draw(20)) : 1;
        if (slots != 1) outage();
        slotEnd = boundary + SLOT * slots;

        uint256[] memory kinds = new uint256[](_homes.length);
        uint256 there = 0;
        for (uint256 i = 0; i < _homes.length; ++i) {
            Home storage one = _homes[i];
            kinds[i] = one.suspended ? 0 : draw(12);
            one.isRead = kinds[i] > 2;
            if (one.isRead && one.member) ++there;
        }
        if (there == 0) (kinds[0], _homes[0].isRead) = (11, true);
        uint40 late = slotEnd + 1 + uint40(draw(TOLERANCE));
        for (uint256 phase = 1; phase <= 4; ++phase) {
            if (phase == 1) vm.warp(slotEnd - 1);
            if (phase == 2) vm.warp(slotEnd);
            if (phase == 3) vm.warp(late);
            if (phase == 4) vm.warp(slotEnd + TOLERANCE + 1);
            for (uint256 i = 0; i < _homes.length; ++i) readIn(phase, i, kinds[i]);
        }
        for (uint256 i = 0; i < _homes.length; ++i) {
            Home storage one = _homes[i];
            one.shares = slots == 1 && one.isRead && one.wasRead;
        }
    }

    function readIn(uint256 phase, uint256 i, uint256 kind) private {
        if (kind == 0) {
            if (phase == 1) see(Seen.Absent);
            return;
        }
        uint256 due =
            kind == 1
                ? 1
                : kind == 2
                    ? 4
                    : kind < 5
                        ? 3
                        : 2;
        if (due != phase) return;
        count(i, uint64(draw(900) * draw(2)), uint64(draw(900) * draw(2)));
        if (phase == 1) see(Seen.Early);
        if (phase > 2) see(Seen.Late);
    }

    /// @dev A reading, and what the model makes of it: the first of an epoch moves nothing.
    function count(uint256 i, uint64 exportedWh, uint64 importedWh) private {
        Home storage one = _homes[i];
        read(i, exportedWh, importedWh);
        if (one.withoutBaseline) one.withoutBaseline = false;
        else {
            int256 netWh = int256(uint256(exportedWh)) - int256(uint256(importedWh));
            one.totalWh += netWh;
            if (one.member) one.netWh += netWh;
        }
    }

    function during(uint256 i) private {
        uint256 kind = draw(16);
        if (kind == 0) nonsense(i);
        if (_homes[i].suspended) return;
        if (kind == 1) newEpoch(i);
        if (kind > 12) count(i, uint64(draw(200)), uint64(draw(200)));
    }

    /// @dev What cannot be true is skipped, and so is what a suspended meter says; neither changes anything.
    function nonsense(uint256 i) private {
        (, , , , uint40 last, uint32 epoch) = converter.settled(home(i));
        uint64[2] memory total = counted[home(i)];
        Report[] memory reports = new Report[](1);
        reports[0] = Report(home(i), total[0], total[1], 0, time(), epoch);
        uint256 kind = draw(4);
        if (kind == 0) reports[0].timestamp = last == 0 ? 1 : last + 59;
        if (kind == 1) reports[0].timestamp = time() + 121;
        if (kind == 2) reports[0].epoch = epoch + 1;
        if (kind == 3) reports[0].exportWh = type(uint64).max;
        int256 before = open(i);
        converter.settle(reports);
        (, , , , uint40 after_, ) = converter.settled(home(i));
        check(after_ == last && open(i) == before, "a skipped reading changes nothing");
        see(Seen.Refused);
    }

    /// @dev With the old registers' last reading, or where that is not known without it.
    function newEpoch(uint256 i) private {
        Home storage one = _homes[i];
        Report memory closing;
        if (draw(2) == 0 && !one.withoutBaseline) {
            uint64[2] storage total = counted[home(i)];
            (uint64 exportedWh, uint64 importedWh) = (uint64(draw(300)), uint64(draw(300)));
            (, , , , , uint32 epoch) = converter.settled(home(i));
            closing = Report(home(i), total[0] + exportedWh, total[1] + importedWh, 0, time(), epoch);
            int256 netWh = int256(uint256(exportedWh)) - int256(uint256(importedWh));
            one.totalWh += netWh;
            if (one.member) one.netWh += netWh;
        }
        converter.proposeEpoch(home(i), closing);
        vm.prank(ownerOf(i));
        converter.acceptEpoch(home(i), closing);
        counted[home(i)] = [uint64(draw(10_000)), uint64(draw(10_000))];
        one.withoutBaseline = true;
        see(Seen.Epoch);
    }

    function outage() private {
        converter.pauseReporter(address(this), true);
        refuse(
            address(this),
            address(converter),
            abi.encodeCall(converter.settle, (new Report[](0))),
            abi.encodeWithSelector(IEnergyConverter.ReporterIsPaused.selector, address(this))
        );
        converter.pauseReporter(address(this), false);
        see(Seen.Outage);
    }

    /* THE SLOT AS THE MODEL CLEARS IT */

    function reckon(Utility memory utility) private returns (Expected memory is_) {
        if (_nextFrom != 0 && slotEnd - SLOT >= _nextFrom) see(Seen.OtherTerms);
        if (_nextFeeFrom != 0 && slotEnd - SLOT >= _nextFeeFrom) see(Seen.OtherFee);
        Terms memory terms = termsAt(slotEnd - SLOT);
        (is_.retail, is_.feedIn, is_.fee) = (
            uint256(terms.retail) * 1_000,
            uint256(terms.feedIn) * 1_000,
            uint256(terms.fee) * 1_000
        );
        is_.price = reckonPrice(is_);
        for (uint256 place = 0; place < _list.length; ++place) {
            uint256 i = _list[place];
            Home storage one = _homes[i];
            one.cash = cash(ownerOf(i));
            one.arrearsWh = arrears(i);
            (, , one.sellFrom, one.buyUpTo, ) = pool.member(home(i));
            (, bool allowed) = market.accountOf(ownerOf(i), address(pool));
            one.payableWh = allowed ? one.cash / is_.retail : 0;
            if (!one.isRead) continue;
            bool takesPart = accepts(one, is_);
            if (one.netWh > 0) {
                is_.surplusWh += uint256(one.netWh);
                if (takesPart) is_.offeredWh += uint256(one.netWh);
            } else {
                is_.needWh += wanted(one);
                if (takesPart) is_.wantedWh += wanted(one);
            }
        }
        is_.sharedWh = least(is_.offeredWh, is_.wantedWh);
        uint256 worthWh = is_.feedIn == 0 || !utility.allowed ? 0 : utility.cash / is_.feedIn;
        is_.takenWh = least(is_.surplusWh - is_.sharedWh, worthWh);
        is_.givenWh = least(is_.needWh - is_.sharedWh, utility.allowed ? utility.energyWh : 0);
        if (is_.takenWh < is_.surplusWh - is_.sharedWh) see(is_.feedIn == 0 ? Seen.Kept : Seen.UtilityShort);
    }

    function reckonPrice(Expected memory is_) private view returns (uint256) {
        int256 s = 0;
        int256 d = 0;
        for (uint256 place = 0; place < _list.length; ++place) {
            Home storage one = _homes[_list[place]];
            if (!one.shares) continue;
            if (one.netWh > 0) s += one.netWh;
            else d -= one.netWh;
        }
        if (s == 0 || d == 0) return 0;
        // Of 2 (D + S): D + S + 3 (D - S), between nothing and all of it.
        int256 part = d + s + 3 * (d - s);
        if (part < 0) part = 0;
        if (part > 2 * (d + s)) part = 2 * (d + s);
        return is_.feedIn + ((is_.retail - is_.fee - is_.feedIn) * uint256(part)) / uint256(2 * (d + s));
    }

    function accepts(Home memory one, Expected memory is_) private pure returns (bool) {
        if (!one.shares || one.netWh == 0 || is_.price == 0) return false;
        if (one.netWh > 0) return uint256(one.sellFrom) * 1_000 <= is_.price;
        return uint256(one.buyUpTo) * 1_000 >= is_.price + is_.fee;
    }

    function wanted(Home memory one) private pure returns (uint256) {
        return one.netWh < 0 ? least(uint256(-one.netWh), one.payableWh) : 0;
    }

    /* WHAT THE CONTRACTS DID */

    function judge() private {
        Utility memory before = utilityNow();
        Expected memory is_ = reckon(before);
        waitFor();
        vm.recordLogs();
        (uint256 price, uint256 sharedWh) = clear();
        (uint256 present, uint256[] memory amounts) = told();

        equal(price, is_.sharedWh == 0 ? 0 : is_.price, "P5: the price is the formula's");
        equal(sharedWh, is_.sharedWh, "P5: and so is what is shared");
        equal(amounts.length, _list.length, "a word a member");
        Sums memory sums;
        for (uint256 place = 0; place < _list.length; ++place) {
            Home storage one = _homes[_list[place]];
            check(((present >> place) & 1 == 1) == one.isRead, "who was read");
            judgeHome(_list[place], amounts[place], is_, sums);
            one.wasRead = one.isRead;
            if (one.isRead) one.netWh = 0;
        }
        if (sharedWh != 0) see(Seen.Shared);
        judgeUtility(before, is_, sums);
    }

    /// @dev While somebody is missing who was read in time for the slot before, cleared by then or not, the slot waits,
    ///      and no longer than that.
    function waitFor() private {
        uint256 missing = 0;
        bool follows = slotEnd == pool.community(community).clearedTo + SLOT;
        for (uint256 place = 0; place < _list.length; ++place) {
            Home storage one = _homes[_list[place]];
            bool inTime = isReadAt(_list[place], slotEnd - SLOT);
            if (!one.isRead && (one.wasRead || !follows || inTime)) missing |= 1 << place;
        }
        if (missing == 0) return;
        vm.warp(slotEnd + PATIENCE - 1);
        refusePool(
            address(this),
            abi.encodeCall(pool.clear, (community, slotEnd)),
            abi.encodeWithSelector(
                ISlotPool.StillWaiting.selector,
                community,
                slotEnd,
                missing,
                slotEnd + PATIENCE
            )
        );
        vm.warp(slotEnd + PATIENCE);
        see(Seen.Waited);
    }

    function judgeHome(uint256 i, uint256 word, Expected memory is_, Sums memory sums) private {
        Home memory one = _homes[i];
        if (!one.isRead || one.netWh == 0) {
            equal(word, 0, "P6: nothing is told");
            equal(cash(ownerOf(i)), one.cash, "P6: nothing is paid");
            check(open(i) == -one.netWh, "P6: who was not read keeps what it has open");
            equal(arrears(i), one.arrearsWh, "P6: and owes what it did");
            return;
        }
        check(open(i) == 0, "P6: who was read has nothing open");
        equal(word >> 192, one.netWh > 0 ? 1 : 2, "which side");
        uint256 metered = uint256(one.netWh > 0 ? one.netWh : -one.netWh);
        (uint256 shared, uint256 utility) = (uint64(word >> 128), uint64(word >> 64));
        equal(shared + utility + uint64(word), metered, "P3: all that was metered and no more");
        bool takesPart = accepts(one, is_);
        if (!takesPart) equal(shared, 0, "P3: nobody trades beyond its limit");
        if (one.netWh > 0) {
            if (takesPart) near(shared, metered * is_.sharedWh, is_.offeredWh);
            near(utility, (metered - shared) * is_.takenWh, is_.surplusWh - is_.sharedWh);
            uint256 earned = shared * is_.price + utility * is_.feedIn;
            equal(cash(ownerOf(i)), one.cash + earned, "P2: earned");
            equal(arrears(i), one.arrearsWh, "a seller owes nothing more");
            sums.sold += shared;
            sums.taken += utility;
            sums.earned += earned;
        } else judgeBuyer(i, word, one, is_, sums);
    }

    function judgeBuyer(
        uint256 i,
        uint256 word,
        Home memory one,
        Expected memory is_,
        Sums memory sums
    ) private {
        (uint256 shared, uint256 utility) = (uint64(word >> 128), uint64(word >> 64));
        if (accepts(one, is_)) near(shared, wanted(one) * is_.sharedWh, is_.wantedWh);
        check(shared + utility <= one.payableWh, "P3: nobody without money or consent");
        near(utility, (wanted(one) - shared) * is_.givenWh, is_.needWh - is_.sharedWh);
        uint256 paid = shared * (is_.price + is_.fee) + utility * is_.retail;
        equal(cash(ownerOf(i)), one.cash - paid, "P2: paid, P3: no more than it has");
        equal(arrears(i), one.arrearsWh + uint64(word), "what is left is arrears");
        if (uint64(word) != 0) see(Seen.Arrears);
        sums.bought += shared;
        sums.given += utility;
        sums.paid += paid;
    }

    function judgeUtility(Utility memory before, Expected memory is_, Sums memory sums) private view {
        equal(sums.sold, is_.sharedWh, "P1: sold");
        equal(sums.bought, is_.sharedWh, "P1: bought");
        equal(sums.taken, is_.takenWh, "P1: what the utility took");
        equal(sums.given, is_.givenWh, "P1: what the utility gave");
        Utility memory has = utilityNow();
        uint256 fees = is_.sharedWh * is_.fee;
        equal(has.gridCash, before.gridCash + fees, "P2: the fee");
        equal(has.energyWh + sums.given, before.energyWh + sums.taken, "P2: the utility's energy");
        equal(sums.paid + before.cash, sums.earned + fees + has.cash, "P2: paid = earned + fee + utility's");
        equal(has.allCash, before.allCash, "P2: money of all together");
        equal(cash(address(pool)) + energy(address(pool)), 0, "P2: nothing stays in the pool");
    }

    function utilityNow() private view returns (Utility memory is_) {
        (, is_.allowed) = market.accountOf(UTILITY, address(pool));
        (is_.cash, is_.energyWh, is_.gridCash) = (cash(UTILITY), energy(UTILITY), cash(GRID));
        is_.allCash = is_.cash + is_.gridCash;
        for (uint256 i = 0; i < _homes.length; ++i) is_.allCash += cash(ownerOf(i));
    }

    /// @dev P7: minted - burned - change of debt = export - import, of which slotted meters have some open.
    function checkLaw() private view {
        int256 wattHours = int256(_supplyWh);
        uint256 heldWh = energy(UTILITY) + energyToken.balanceOf(UTILITY) + energy(GRID);
        for (uint256 i = 0; i < _homes.length; ++i) {
            Home storage one = _homes[i];
            wattHours += one.totalWh + int256(uint256(arrears(i)));
            if (one.member) {
                check(open(i) == -one.netWh, "what is open");
                wattHours -= one.netWh;
            }
            heldWh += energy(ownerOf(i)) + energyToken.balanceOf(ownerOf(i));
        }
        check(int256(energyToken.totalSupply()) == wattHours, "P7: the law");
        equal(heldWh, energyToken.totalSupply(), "P7: somebody has every Wh");
    }

    /* HELP */

    function near(uint256 part, uint256 dividend, uint256 divisor) private pure {
        if (divisor == 0) return;
        uint256 floor = dividend / divisor;
        check(part == floor || part == (dividend + divisor - 1) / divisor, "P4: by metered Wh");
    }

    function told() private returns (uint256 present, uint256[] memory amounts) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory last = logs[logs.length - 1];
        check(last.topics[0] == ISlotPool.SlotCleared.selector, "the slot is told last");
        (, , present, amounts) = abi.decode(last.data, (uint256, uint256, uint256, uint256[]));
    }

    function see(Seen kind) private {
        ++_seen[uint256(kind)];
    }

    function least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function draw(uint256 bound) private returns (uint256) {
        return uint256(keccak256(abi.encode(_seed, ++_draws))) % bound;
    }
}
