package main

// demoTenant is the only tenant of the nodes that most tests start.
const demoTenant = homeTenant
