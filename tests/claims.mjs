// The smallest test runner that a suite needs: claims, one after another, and a closing line that ./dev adds up.
//
//   const { claim, close } = claims();
//   await claim('a task can be made', async () => { ... });
//   close();

const limit = 60_000; // ms; a claim that takes longer is false

export function claims() {
  const result = { passed: 0, failed: 0 };

  async function claim(text, check) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${limit / 1000} s`)), limit);
    });
    try {
      await Promise.race([Promise.resolve().then(check), late]);
      result.passed += 1;
      console.log(`ok ${text}`);
    } catch (error) {
      result.failed += 1;
      console.log(`not ok ${text}`);
      console.log(String(error?.stack ?? error).replace(/^/gm, '    '));
    } finally {
      clearTimeout(timer);
    }
  }

  // Prints the closing line and ends the process.
  function close() {
    console.log(`${result.passed} passed, ${result.failed} failed`);
    process.exit(result.failed ? 1 : 0);
  }

  return { claim, close };
}
