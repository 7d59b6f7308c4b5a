// The node peer of `make bench`: `ws` fans every POSTed body and every client's text out to all clients.
//
//     node node.mjs PORT
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const port = Number(process.argv[2])

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    sendToAll(Buffer.concat(chunks))
    response.writeHead(202, { 'content-length': 0 }).end()
  })
})

const clients = new WebSocketServer({ server, perMessageDeflate: false })

function sendToAll(body) {
  for (const client of clients.clients) client.send(body, { binary: false })
}

clients.on('connection', (client) => client.on('message', sendToAll))

// The backlog that Linarite listens with, so that a storm of connects meets the same queue.
server.listen(port, '127.0.0.1', 4096)
