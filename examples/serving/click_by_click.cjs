// Recommends after every click, with a file of `ksr.serving.export_step`, without TensorFlow.
//
//     npm install onnxruntime-web
//     node examples/serving/click_by_click.cjs shop.onnx teapot-0007 lamp-0002
//
// In a page the same functions run: `ort` comes from a script tag, the two files by `fetch`.

const fs = require("fs");
const ort = require("onnxruntime-web");

const K = 5;

async function load(path) {
  const session = await ort.InferenceSession.create(fs.readFileSync(path));
  const ids = fs.readFileSync(`${path}.items.txt`, "utf8").split("\n").slice(0, -1);
  const items = new Map(ids.map((id, column) => [id, column + 1]));
  return { session, ids, items };
}

// The state of a session without clicks.
function start({ session }) {
  const size = session.inputMetadata.find((input) => input.name === "state").shape[1];
  return new ort.Tensor("float32", new Float32Array(size), [1, size]);
}

// One more click: the scores of all items, and the state for the next one.
async function click({ session, items }, id, state) {
  const item = new ort.Tensor("int32", Int32Array.of(items.get(id) ?? 0), [1]);
  const answer = await session.run({ item, state });
  return { scores: answer.scores.data, state: answer.next_state };
}

function best({ ids }, scores, k) {
  const columns = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  return columns.slice(0, k).map((column) => [ids[column], scores[column]]);
}

async function main([path, ...clicked]) {
  const model = await load(path);
  let state = start(model);
  let scores;
  for (const id of clicked) {
    ({ scores, state } = await click(model, id, state));
    console.log(JSON.stringify({ clicked: id, best: best(model, scores, K) }));
  }
}

main(process.argv.slice(2));
