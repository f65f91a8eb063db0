import Foundation
import TestSupport
import Testing

/// What training on given responses refuses.
extension SupervisedTests {
  @Test(arguments: [
    (["--temperature", "2"], "--temperature: expected 1 with --loss cross-entropy, found 2.0"),
    (
      ["--teacher-cache", "hidden"],
      "--teacher-cache: expected auto with --loss cross-entropy, found hidden"
    ),
    (
      ["--mix-cross-entropy", "0.5"],
      "--mix-cross-entropy: expected 0 with --loss cross-entropy, found 0.5"
    ),
    (["--method", "kv"], "--method: expected embeddings without a context, found kv"),
    (
      ["--init", "sampled"],
      "--init: expected vocabulary, random or an adapter without a context, found sampled"
    ),
    (["--reconstruct", "0.2"], "--reconstruct: expected 0 without a context, found 0.2"),
  ])
  func whatHasNoMeaningIsRefused(more: [String], message: String) throws {
    try Program.expectRefusal(arguments(more), message)
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path))
  }

  @Test(arguments: [
    (
      ["--mix-cross-entropy", "1"],
      "--mix-cross-entropy: expected a share from 0 to below 1, found 1.0"
    ),
    (
      ["--mix-cross-entropy", "0.999999999"],
      "The value '0.999999999' is invalid for '--mix-cross-entropy <share>': expected a number that f32 "
        + "can tell from 1.0, found 0.999999999"
    ),
    (
      ["--mix-cross-entropy", "-0.5"],
      "--mix-cross-entropy: expected a share from 0 to below 1, found -0.5"
    ),
    (
      ["--learning-rate", "1e-60"],
      "The value '1e-60' is invalid for '--learning-rate <x>': expected a number that f32 can tell from "
        + "0.0, found 1e-60"
    ),
    (
      ["--mix-cross-entropy", "0.5", "--temperature", "2"],
      "--temperature: expected 1 with --mix-cross-entropy 0.5, found 2.0"
    ),
    (
      ["--mix-cross-entropy", "0.5", "--loss", "js"],
      "--mix-cross-entropy: expected 0 with --loss js, found 0.5"
    ),
  ])
  func sharesThatHaveNoMeaningAreRefused(more: [String], message: String) throws {
    try workspace.expectRefusal(more, message)
  }

  @Test func responsesAreNeededWithoutAContext() throws {
    try workspace.folder.write(
      "complete.jsonl", "{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"prompt\": \"c\"}\n")
    try Program.expectRefusal(
      arguments([]),
      "\(complete):2: expected a response, because there is no context that answers follow from, found "
        + "none")
  }

  @Test func givenResponsesAreAskedFor() throws {
    try Program.expectRefusal(
      ["distill", "--model", workspace.model, "--loss", "cross-entropy", "--output", "o"],
      "expected --inputs; train-gpu distill --help says more")
  }
}
