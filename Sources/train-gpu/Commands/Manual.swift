import ArgumentParser
import Files

/// `train-gpu manual`: the man page, for `make install`.
struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the man page of all commands, in the language of man(7).",
    shouldDisplay: false)

  func run() throws {
    try StandardOutput.write(ManualPage(of: TrainGPU.self).text)
  }
}
