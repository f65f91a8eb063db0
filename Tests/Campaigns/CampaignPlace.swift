import Foundation
import TestSupport

/// A folder with a tiny model and what a distillation needs beside it.
struct CampaignPlace {
  let folder: TemporaryFolder
  let model: URL

  init() throws {
    folder = try TemporaryFolder()
    model = try TinyModel.write(in: folder)
    try folder.write("context.txt", "the cab has a bad back; a cabbage is abaca. ")
    try folder.write("context.json", "{\"ids\": [1, 4, 5, 20, 31, 2]}")
    try folder.write(
      "inputs.jsonl",
      """
      {"prompt": "the cab", "completion": " has"}
      {"prompt": "a bad", "completion": " back"}
      {"prompt": [{"role": "user", "content": "is"}], "completion": [{"role": "assistant", "content": "abaca"}]}
      {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
      """)
    try folder.write("ids.jsonl", "{\"prompt_ids\": [1, 2], \"completion_ids\": [4, 8]}\n")
    try folder.write(
      "plain.jsonl",
      """
      {"prompt": "the cab", "completion": " has"}
      {"prompt": "a bad", "completion": " back"}
      {"prompt": "a cabbage is"}
      """)
    try folder.write("validation.jsonl", "{\"prompt\": \"cab\", \"completion\": \" has a\"}\n")
  }

  func url(_ name: String) -> URL { folder.url.appending(path: name) }

  /// The arguments of a small distillation, without `--output`.
  func distillation(
    model: String = "model", context: String = "context.txt", inputs: String = "plain.jsonl",
    validation: String = "0"
  ) -> [String] {
    [
      "distill", "--model", url(model).path, "--context", url(context).path, "--inputs",
      url(inputs).path, "--validation", validation, "--device", "cpu", "--threads", "1", "--tokens",
      "2",
      "--batch-size", "2", "--response-tokens", "3", "--learning-rate", "0.05", "--quiet",
    ]
  }
}
