import Foundation
import HuggingFace

extension RunRequest {
  /// Checks that no input is a file of the run that is replaced: it would be gone before the new
  /// one has ended.
  ///
  /// - Parameter seeds: the file of a study's seeds.
  func checkInputs(seeds: URL? = nil) throws(DistillationError) {
    guard mode == .overwrite else { return }
    var named = context.map { (OptionName.context, $0) }
    named += folder.adapters.map { (OptionName.lora, $0.url) }
    named += beside.map { (OptionName.beside, $0) }
    named += [(.inputs, inputs), (.template, URL(fileURLWithPath: options.template))]
    if case .file(let url) = validation { named.append((.validation, url)) }
    if case .file(let url)? = options.chosenInitialization { named.append((.initialization, url)) }
    named += [(OptionName.tools, tools), (.unrelated, unrelated), (.seeds, seeds)]
      .compactMap { name, url in url.map { (name, $0) } }
    for (name, url) in named where RunFolder.replaces(url, in: output) {
      throw .option(
        name, expected: "no file of the run that is replaced, since it would be lost",
        found: url.path)
    }
  }

  /// The error of other examples than those that a run was started with, which names the line that
  /// was put behind the run's own study, where there is one.
  func namingStudyLine(_ error: DistillationError) -> DistillationError {
    guard hasOwnStudy,
      case .changedSinceCheckpoint(_, .chosen(_, let options), _, _) = error,
      options.contains(.inputs) || validation == .automatic,
      let line = StudyFile.lineBehind(inputs)
    else { return error }
    return .damagedLine(line)
  }
}

extension RunFolder {
  /// Whether a file or folder goes, or loses files, where the run in a folder is replaced.
  static func replaces(_ url: URL, in output: URL) -> Bool {
    func components(_ url: URL) -> [String] {
      url.resolvingSymlinksInPath().standardizedFileURL.pathComponents
    }
    let (whole, named) = (components(output), components(url))
    guard named.starts(with: whole), FileManager.default.fileExists(atPath: url.path) else {
      return false
    }
    var (rest, folder) = (named.dropFirst(whole.count), output)
    if let first = rest.first,
      let sweep = try? SweepRecord.read(in: output),
      sweep.members.contains(where: { $0.folder == first })
    {
      rest = rest.dropFirst()
      folder = output.appending(path: first)
    }
    guard let first = rest.first else { return isRun(folder) || SweepRecord.exists(in: folder) }
    guard isCheckpoint(first, in: folder) else { return rest.count == 1 && files.contains(first) }
    return rest.count == 1
      || rest.count == 2 && TrainingCheckpoint.names.contains(rest.last ?? "")
  }
}
