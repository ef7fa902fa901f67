import type { Mutant } from "./mutant.ts";

const account = "accounts/HomeAccount.sol";
const execution = "accounts/SignedExecution.sol";
const factory = "accounts/HomeAccountFactory.sol";

/** Households' accounts. */
export const accounts: Mutant[] = [
  {
    name: "home/a thief removes who is away at once",
    file: account,
    edits: [["_checkDue(signerId, _removableFrom[epoch][signerId]);", ""]],
  },
  {
    name: "home/the last signer goes",
    file: account,
    edits: [["if (_others == 0) revert LastSigner(signerId);", ""]],
  },
  {
    name: "home/a removal that was announced cannot be refused",
    file: account,
    edits: [
      [
        "if (_removableFrom[epoch][signerId] == 0) revert NotAnnounced(signerId, 0);\n        delete _removableFrom[epoch][signerId];",
        "if (_removableFrom[epoch][signerId] == 0) revert NotAnnounced(signerId, 0);",
      ],
    ],
  },
  {
    name: "home/signers before a recovery go on signing",
    file: account,
    edits: [["uint32 next = ++epoch;", "uint32 next = epoch;"]],
  },
  {
    name: "home/permissions outlive a recovery",
    file: account,
    edits: [
      [
        "abi.encode(epoch, _removals, executor, target, selector)",
        "abi.encode(_removals, executor, target, selector)",
      ],
    ],
  },
  {
    name: "home/the guardian recovers at once",
    file: account,
    edits: [["uint40(block.timestamp) + RECOVERY_DELAY", "uint40(block.timestamp)"]],
  },
  {
    name: "home/a stranger recovers with a signer of its own",
    file: account,
    edits: [["signerId == recovery.subject ? recovery.from : 0", "recovery.from"]],
  },
  {
    name: "home/a guardian who went recovers all the same",
    file: account,
    edits: [
      [
        "delete _nextGuardian;\n        delete recovery;\n        _changeGuardian",
        "delete _nextGuardian;\n        _changeGuardian",
      ],
    ],
  },
  {
    name: "home/who has the phone for a minute names the guardian",
    file: account,
    edits: [
      [
        "if (guardian == address(0)) return _changeGuardian(guardian_);",
        "return _changeGuardian(guardian_);",
      ],
    ],
  },
  {
    name: "home/anybody names the guardian",
    file: account,
    edits: [
      [
        "function setGuardian(address guardian_) external onlySelf {",
        "function setGuardian(address guardian_) external {",
      ],
    ],
  },
  {
    name: "home/a permission reaches the account itself",
    file: account,
    edits: [["if (target == address(this)) revert NotAllowed(executor, target, selector);", ""]],
  },
  {
    name: "home/a permission for one function is one for all",
    file: account,
    edits: [["bytes4 selector = bytes4(data);", "bytes4 selector = bytes4(0x0);"]],
  },
  {
    name: "home/a key that could never sign is a signer",
    file: account,
    edits: [["if (!_canSign(signer)) revert InvalidSigner(signer);", ""]],
  },
  {
    name: "home/a finger that nobody verified signs",
    file: account,
    edits: [
      [
        "bytes32(signer[:32]), bytes32(signer[32:]));\n    }\n\n    function _add",
        "bytes32(signer[:32]), bytes32(signer[32:]), false);\n    }\n\n    function _add",
      ],
    ],
  },
  {
    name: "execution/a signature is used twice",
    file: execution,
    edits: [["_useCheckedNonce(address(this), nonce);", ""]],
  },
  {
    name: "execution/an old signature is good for ever",
    file: execution,
    edits: [["if (block.timestamp > deadline) revert DeadlinePassed(deadline);", ""]],
  },
  {
    name: "execution/a signature is good for any call",
    file: execution,
    edits: [["keccak256(calls[i].callData)", "bytes32(0)"]],
  },
  {
    name: "execution/a signature is good for any value",
    file: execution,
    edits: [["calls[i].target, calls[i].value,", "calls[i].target, uint256(0),"]],
  },
  {
    name: "execution/nobody has to sign",
    file: execution,
    edits: [["if (!_rawSignatureValidation(hash, signed[HEAD:])) revert InvalidSignature();", ""]],
  },
  {
    name: "execution/a signature is good for any contract",
    file: execution,
    edits: [["abi.encode(CALL, calls[i].target,", "abi.encode(CALL, address(0),"]],
  },
  {
    name: "execution/a signature has no end",
    file: execution,
    edits: [
      [
        "keccak256(abi.encodePacked(hashes)), nonce, deadline)",
        "keccak256(abi.encodePacked(hashes)), nonce, uint48(0))",
      ],
    ],
  },
  {
    name: "execution/a signature is good under any number",
    file: execution,
    edits: [
      [
        "keccak256(abi.encodePacked(hashes)), nonce, deadline)",
        "keccak256(abi.encodePacked(hashes)), uint256(0), deadline)",
      ],
    ],
  },
  {
    name: "factory/what is no point of the curve has an account",
    file: factory,
    edits: [["if (!P256.isValidPublicKey(x, y)) revert InvalidPasskey(x, y);", ""]],
  },
  {
    name: "factory/an account that is there stops its first calls",
    file: factory,
    edits: [["if (account.code.length != 0) return account;", ""]],
  },
  {
    name: "factory/the first calls are not made",
    file: factory,
    edits: [["SignedExecution(payable(create(x, y))).execute(mode, executionData);", "create(x, y);"]],
  },
  {
    name: "factory/another key signs than the address follows from",
    file: factory,
    edits: [["bytes memory signer = abi.encode(x, y);", "bytes memory signer = abi.encode(y, x);"]],
  },
  {
    name: "factory/an address follows from half a key",
    file: factory,
    edits: [
      ["(implementation, abi.encode(x, y), bytes32(0))", "(implementation, abi.encode(x, x), bytes32(0))"],
    ],
  },
  {
    name: "factory/who creates an account moves it",
    file: factory,
    edits: [
      [
        "cloneDeterministicWithImmutableArgs(implementation, signer, bytes32(0))",
        "cloneDeterministicWithImmutableArgs(implementation, signer, bytes32(bytes20(msg.sender)))",
      ],
    ],
  },
  {
    name: "factory/the event names another key",
    file: factory,
    edits: [["keccak256(signer), x, y);", "keccak256(signer), y, x);"]],
  },
];
