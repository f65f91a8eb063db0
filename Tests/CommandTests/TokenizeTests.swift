import Foundation
import TestSupport
import Testing

@Suite struct TokenizeTests {
  private let folder: TemporaryFolder
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = try TinyModel.write(in: folder).path
  }

  @Test func everyLineBecomesAnArray() throws {
    let input = "\"abc\"\n\"\"\n\"a\\nb\""
    let result = try Program.run(["tokenize", "--model", model], input: input)
    #expect(result.output == "[0, 4, 3]\n[0]\n[0, 1, 6, 2]\n")
    #expect((result.code, result.errors) == (0, ""))
  }

  @Test func specialTokensCanBeLeftOut() throws {
    let result = try Program.run(
      ["tokenize", "--model", model, "--no-special"], input: "\"abc\"\n\"<|im_end|>\"\n")
    #expect(result.output == "[4, 3]\n[8]\n")
  }

  @Test func longInputComesOutWhole() throws {
    let lines = 20_000
    let result = try Program.run(
      ["tokenize", "--model", model, "--no-special"],
      input: String(repeating: "\"cab cab\"\n", count: lines))
    #expect(result.output == String(repeating: "[3, 4, 5, 3, 4]\n", count: lines))
  }

  @Test(arguments: [
    ("\"a\"\n12\n", "standard input:2: expected a JSON string, found the integer 12"),
    ("plain\n", "standard input:1:1: expected a value, found \"p\""),
  ])
  func linesThatAreNoStringsAreNamed(input: String, message: String) throws {
    let result = try Program.run(["tokenize", "--model", model], input: input)
    #expect(result.code == 2)
    #expect(result.errors == "train-gpu: \(message)\n")
  }

  @Test func aDamagedTokenizerIsNamed() throws {
    let file = try folder.write("model/tokenizer.json", "{\"model\": ")
    let result = try Program.run(["tokenize", "--model", model], input: "\"a\"\n")
    #expect(result.code == 2)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.hasPrefix("train-gpu: \(file.path):1:"))
  }
}
